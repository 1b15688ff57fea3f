//! `usage-server product latest`, `interval`, `advisory`: what replies tell the programs of a product. What is told
//! goes to standard output, what was done is said on standard error.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use usage_store::registry::{
    Advisory, COMMAND_LINE, Severity, latest_version_objection, report_interval_objection,
};
use usage_store::{Store, Writing};

use super::allowlist::{line, named};
use super::{Failure, io, open_beside_or_new, say};
use crate::cli::{self, AdvisoryAdd, AdvisoryList, AdvisoryRemove, ProductInterval, ProductLatest};

/// Says which version is the latest, or prints it.
pub(crate) fn latest(options: &ProductLatest) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let version = match &options.version {
        None if options.none => None,
        None => {
            let told = open(&options.data.data_dir)?.news_of(&product)?;
            return print(&told.latest_version.map_or(String::new(), |version| {
                let mut text = String::new();
                line(&mut text, &[&version]);
                text
            }));
        }
        Some(version) => Some(version.trim()),
    };
    if let Some(objection) = version.and_then(latest_version_objection) {
        return Err(Failure::Usage(format!("the version {objection}")));
    }
    let store = open_beside_or_new(&options.data.data_dir)?;
    store.set_latest_version(&product, version, COMMAND_LINE, Timestamp::now())?;
    say(&match version {
        Some(version) => {
            format!("programs of {product} hear that {version} is the latest version")
        }
        None => format!("programs of {product} hear of no latest version"),
    })
}

/// Says how often programs report, or prints it.
pub(crate) fn interval(options: &ProductInterval) -> Result<(), Failure> {
    let product = named(&options.product)?;
    if options.seconds.is_none() && !options.as_configured {
        let told = open(&options.data.data_dir)?.news_of(&product)?;
        return print(
            &told
                .report_interval
                .map_or("as configured\n".to_owned(), |seconds| {
                    format!("{seconds}\n")
                }),
        );
    }
    if let Some(objection) = options.seconds.and_then(report_interval_objection) {
        return Err(Failure::Usage(format!("the interval {objection}")));
    }
    let store = open_beside_or_new(&options.data.data_dir)?;
    store.set_report_interval(&product, options.seconds, COMMAND_LINE, Timestamp::now())?;
    say(&match options.seconds {
        Some(seconds) => {
            format!("programs of {product} are asked to report each {seconds} seconds")
        }
        None => format!("programs of {product} are asked to report as the server is configured"),
    })
}

/// Adds an advisory, or changes it.
pub(crate) fn add(options: &AdvisoryAdd) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let text = |text: &str| text.trim().to_owned();
    let advisory = Advisory {
        id: text(&options.id),
        severity: match options.severity {
            cli::Severity::Low => Severity::Low,
            cli::Severity::Medium => Severity::Medium,
            cli::Severity::High => Severity::High,
            cli::Severity::Critical => Severity::Critical,
        },
        title: text(&options.title),
        affected: text(&options.affected),
        link: text(&options.link),
    };
    let objections = advisory.objections();
    if !objections.is_empty() {
        let said = objections.iter();
        let said: Vec<_> = said
            .map(|wrong| format!("--{}: {}", wrong.field, wrong.message))
            .collect();
        return Err(Failure::Usage(said.join("; ")));
    }
    let store = open_beside_or_new(&options.data.data_dir)?;
    let is_new = store.save_advisory(&product, &advisory, COMMAND_LINE, Timestamp::now())?;
    let (id, affected) = (&advisory.id, &advisory.affected);
    let done = if is_new { "added" } else { "changed" };
    say(&format!(
        "{done} {id}; programs of {product} hear of it if they report a version in {affected}"
    ))
}

/// A line an advisory: the product, its id, severity, affected versions, title and link, tabs in between.
pub(crate) fn list(options: &AdvisoryList) -> Result<(), Failure> {
    let only = options.product.as_deref().map(named).transpose()?;
    let mut news: Vec<_> = open(&options.data.data_dir)?
        .all_news()?
        .products
        .into_iter()
        .collect();
    news.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut text = String::new();
    for (product, news) in news {
        if only.as_ref().is_some_and(|only| *only != product) {
            continue;
        }
        for (one, _) in &news.advisories {
            let severity = one.severity.name();
            let cells = [
                &product,
                &one.id,
                severity,
                &one.affected,
                &one.title,
                &one.link,
            ];
            line(&mut text, &cells);
        }
    }
    print(&text)
}

/// Removes an advisory.
pub(crate) fn remove(options: &AdvisoryRemove) -> Result<(), Failure> {
    let product = named(&options.product)?;
    let (store, id) = (open(&options.data.data_dir)?, options.id.trim());
    match store.remove_advisory(&product, id, COMMAND_LINE, Timestamp::now())? {
        true => say(&format!(
            "programs of {product} don't hear of {id} any more"
        )),
        false => Err(Failure::Failed(format!(
            "{product} has no advisory {id}; `usage-server product advisory list {product}` prints those it has"
        ))),
    }
}

fn open(data_dir: &Path) -> Result<Store, Failure> {
    Ok(Store::open(data_dir, Writing::Beside)?)
}

fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(io("standard output"))
}
