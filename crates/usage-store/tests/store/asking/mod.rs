//! The operator's questions, asked of hand-made fleets; and asked again in plain SQL of the journal's own
//! reports (`sql.rs`, `compared.rs`), over random histories.

mod compared;
mod histories;
mod leaving_and_staying;
mod listing;
mod moving;
mod numbers;
mod sharing;
mod sql;
mod trusting;

use usage_store::query::{Asked, By, Filter, ProductId, Window};
use usage_store::report::Kind;
use usage_store::{Day, NewReport};

use crate::fleet::*;

impl World {
    fn asked(&self) -> Asked {
        Asked::all(self.product())
    }

    fn product(&self) -> ProductId {
        self.store.product_named("kapacitor").unwrap().unwrap()
    }
}

/// A usage report with these tags; ids as `cluster/server`.
fn says(ids: &str, tags: &[(&str, &str)], at: jiff::Timestamp) -> NewReport {
    let (cluster, server) = ids.split_once('/').unwrap();
    let tags: Vec<String> = tags
        .iter()
        .map(|(name, value)| format!("{name:?}:{value:?}"))
        .collect();
    let tags = tags.join(",");
    let body = format!(
        r#"[{{"tags":{{{tags}}},"values":{{"cluster_id":"{cluster}","server_id":"{server}","n":1}}}}]"#
    );
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

/// One that says a version.
fn runs(ids: &str, version: &str, at: jiff::Timestamp) -> NewReport {
    says(ids, &[("version", version)], at)
}

fn day(n: i64) -> Day {
    Day::of(noon(n))
}

fn days(from: i64, to: i64) -> Window {
    Window {
        from: day(from),
        to: day(to),
    }
}

fn version() -> By {
    By::Dimension("version".to_owned())
}

/// Only servers with this value.
fn only(asked: &Asked, dimension: &str, value: &str) -> Asked {
    Asked {
        filter: Filter {
            dimensions: vec![(dimension.to_owned(), vec![value.to_owned()])],
            ..asked.filter.clone()
        },
        ..asked.clone()
    }
}
