//! `usage-server product describe`: what something that a product reports means, for the data dictionary.

use jiff::Timestamp;
use usage_store::registry::{COMMAND_LINE, Note, Sensitivity};

use super::allowlist::{named, things};
use super::{Failure, open_beside_or_new, say};
use crate::cli::{self, Names, ProductDescribe};

/// Notes what something means.
pub(crate) fn describe(options: &ProductDescribe) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let one = |name: &Option<String>| Vec::from_iter(name.clone());
    let names = Names {
        dimensions: one(&options.name.dimension),
        values: one(&options.name.value),
        stats: one(&options.name.stat),
    };
    let names = things(&names)?;
    let Some((thing, name)) = names.first().copied() else {
        return Err(Failure::Usage(
            "say --dimension, --value or --stat".to_owned(),
        ));
    };
    let said = &options.note;
    for text in [&said.description, &said.unit, &said.owner]
        .into_iter()
        .flatten()
    {
        if text.chars().any(char::is_control) {
            return Err(Failure::Usage(format!(
                "{text:?} has a control character in it"
            )));
        }
    }
    let change = |note: &mut Note| {
        for (text, said) in [
            (&mut note.description, &said.description),
            (&mut note.unit, &said.unit),
            (&mut note.owner, &said.owner),
        ] {
            if let Some(said) = said {
                *text = said.trim().to_owned();
            }
        }
        if let Some(said) = said.sensitivity {
            note.sensitivity = match said {
                cli::Sensitivity::Public => Some(Sensitivity::Public),
                cli::Sensitivity::Internal => Some(Sensitivity::Internal),
                cli::Sensitivity::Personal => Some(Sensitivity::Personal),
                cli::Sensitivity::Unknown => None,
            };
        }
    };
    let store = open_beside_or_new(&options.data.data_dir)?;
    store.describe(
        &product,
        (thing, name),
        change,
        COMMAND_LINE,
        Timestamp::now(),
    )?;
    let kind = thing.name();
    say(&format!("noted about the {kind} {name:?} of {product}"))
}
