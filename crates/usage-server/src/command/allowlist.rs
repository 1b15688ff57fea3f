//! `usage-server product list`, `allowlist`, `allow`, `disallow`: what is kept of a product's reports. Names go to
//! standard output, one a line; what was done is said on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use jiff::Timestamp;
use usage_store::registry::{Allowlist, COMMAND_LINE};
use usage_store::report::limits::NAME_BYTES_MAX;
use usage_store::{EVERY_NAME, Mode, Store, Thing, Writing};

use super::{Failure, counted, io, open_beside_or_new, say};
use crate::cli::{self, Names, ProductAllowlist, ProductList, ProductNames};
use crate::ingest;

/// Prints the lists of all products, or one product's.
pub(crate) fn list(options: &ProductList) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let text = match &options.product {
        Some(product) => one_list(&store.allowlist(&named(product)?)?),
        None => all_lists(&store)?,
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(io("standard output"))
}

/// A line a product: its name, its mode, names on the list, names removed; tabs in between.
fn all_lists(store: &Store) -> Result<String, Failure> {
    let lists = store.allowlists()?;
    let mut products = store.product_names()?;
    products.extend(lists.iter().map(|list| list.product.clone()));
    products.sort();
    products.dedup();
    let mut text = String::new();
    for product in products {
        let list = lists.iter().find(|list| list.product == product);
        let (mode, allowed, removed) = list.map_or((Mode::Off, 0, 0), |list| {
            (list.mode, list.allowed, list.removed)
        });
        line(
            &mut text,
            &[
                &product,
                mode.name(),
                &allowed.to_string(),
                &removed.to_string(),
            ],
        );
    }
    Ok(text)
}

/// A line a name: whether it is allowed or was removed, its kind, the name.
fn one_list(list: &Allowlist) -> String {
    let mut text = String::new();
    line(&mut text, &["mode", list.mode.name()]);
    for (thing, name) in &list.allowed {
        line(&mut text, &["allowed", thing.name(), name]);
    }
    for (thing, name, _) in &list.removed {
        line(&mut text, &["removed", thing.name(), name]);
    }
    text
}

/// Senders choose names: what a terminal would obey is escaped.
pub(super) fn line(text: &mut String, cells: &[&str]) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            text.push('\t');
        }
        for char in cell.chars() {
            match char.is_control() {
                true => text.extend(char.escape_default()),
                false => text.push(char),
            }
        }
    }
    text.push('\n');
}

/// Puts a list in force, or out of it.
pub(crate) fn set(options: &ProductAllowlist) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let mode = match options.mode {
        cli::Mode::Drop => Mode::Drop,
        cli::Mode::Mask => Mode::Mask,
        cli::Mode::Off => Mode::Off,
    };
    let store = open_beside_or_new(&options.data.data_dir)?;
    store.set_allowlist(&product, mode, COMMAND_LINE, Timestamp::now())?;
    let names = store.allowlist(&product)?.allowed.len() as u64;
    let names = counted(names, "name is", "names are");
    say(&match mode {
        Mode::Off => format!("everything that {product} reports is kept from now on"),
        Mode::Drop => format!(
            "{names} on the list of {product}; what is not on it is left out from now on. What was stored before stays"
        ),
        Mode::Mask => format!(
            "{names} on the list of {product}; of what is not on it texts are masked and numbers left out from now on. What was stored before stays"
        ),
    })
}

/// Puts names on a list.
pub(crate) fn allow(options: &ProductNames) -> Result<(), Failure> {
    change(options, "put on", Store::allow)
}

/// Takes names off a list.
pub(crate) fn disallow(options: &ProductNames) -> Result<(), Failure> {
    change(options, "taken off", Store::disallow)
}

type Change = fn(&Store, &str, &[(Thing, &str)], &str, Timestamp) -> usage_store::Result<usize>;

fn change(options: &ProductNames, done: &str, change: Change) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let names = things(&options.names)?;
    let store = open_beside_or_new(&options.data.data_dir)?;
    let changed = change(&store, &product, &names, COMMAND_LINE, Timestamp::now())?;
    let list = store.allowlist(&product)?;
    let changed = counted(changed as u64, "name", "names");
    let mut said = format!("{changed} {done} the list of {product}");
    if list.mode == Mode::Off {
        let _ = write!(
            said,
            ", which is off; `usage-server product allowlist {product} --mode drop` puts it in force"
        );
    }
    for thing in Thing::ALL {
        let is_every = |(of, name): &(Thing, String)| *of == thing && name == EVERY_NAME;
        let named = |(of, name): &(Thing, &str)| *of == thing && *name != EVERY_NAME;
        if list.allowed.iter().any(is_every) && names.iter().any(named) {
            let kind = thing.name();
            let _ = write!(said, ". Every {kind} is on it, by '{EVERY_NAME}'");
        }
    }
    say(&said)
}

pub(super) fn things(names: &Names) -> Result<Vec<(Thing, &str)>, Failure> {
    let given = [
        (Thing::Dimension, &names.dimensions),
        (Thing::Value, &names.values),
        (Thing::Stat, &names.stats),
    ];
    let mut things = Vec::new();
    for (thing, names) in given {
        for name in names {
            if name.len() > NAME_BYTES_MAX {
                let kind = thing.name();
                return Err(Failure::Usage(format!(
                    "--{kind}: a name has at most {NAME_BYTES_MAX} bytes"
                )));
            }
            things.push((thing, name.as_str()));
        }
    }
    Ok(things)
}

/// A product as programs name it.
pub(super) fn named(product: &str) -> Result<String, Failure> {
    if product.trim().is_empty() {
        return Err(Failure::Usage("the product must not be blank".to_owned()));
    }
    match ingest::named(product.to_owned()) {
        Ok(product) => Ok(product.to_string()),
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}
