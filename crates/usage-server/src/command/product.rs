//! `usage-server product hosts`: where a product's customers may have their tokens sent without vouching for it.
//! The page of a product does the same, once it has reported.

use std::io::Write;

use jiff::Timestamp;
use usage_store::registry::COMMAND_LINE;

use super::{Failure, io, open_beside_or_new};
use crate::cli::ProductHosts;
use crate::register::{product_objection, public_host};

/// Changes the list, and prints it: a host a line.
pub(crate) fn hosts(options: &ProductHosts) -> Result<(), Failure> {
    let product = options.product.as_str();
    if let Some(objection) = product_objection(product) {
        return Err(Failure::Usage(objection));
    }
    let mut add = Vec::new();
    for host in &options.add {
        let public = public_host(host.trim());
        add.push(public.ok_or_else(|| {
            Failure::Usage(format!(
                "--add: {host:?} is not the name of a public host such as console.example.com"
            ))
        })?);
    }
    let store = open_beside_or_new(&options.data.data_dir)?;
    let now = Timestamp::now();
    for host in &add {
        store.add_redirect_host(product, host, COMMAND_LINE, now)?;
    }
    for host in &options.remove {
        store.remove_redirect_host(product, host.trim(), COMMAND_LINE, now)?;
    }
    let mut out = std::io::stdout().lock();
    for host in store.redirect_hosts(product)? {
        writeln!(out, "{host}").map_err(io("standard output"))?;
    }
    Ok(())
}
