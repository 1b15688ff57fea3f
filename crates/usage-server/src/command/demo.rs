//! `usage-server demo`: fills a fresh data folder with a believable fleet's history, through
//! the same door as real reports, and serves it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use usage_store::quarantine::Refused;
use usage_store::registry::{Advisory, COMMAND_LINE, OrganizationId};
use usage_store::report::decode;
use usage_store::{NewReport, Sender, Store, Writing};

use super::{Failure, serve};
use crate::cli::Demo;
use crate::demo::{ADOPTED, ADVISORIES, Fleet, NEWEST, Post};
use crate::progress::Progress;

/// Always the same, so that every demo tells the same story.
const SEED: u64 = 20_261_122;

/// Reports appended in one commit.
const BATCH: usize = 1_000;

/// Fills the folder, and serves it.
pub(crate) fn run(options: Demo) -> Result<(), Failure> {
    let config = serve::configured(options.serve, "usage-demo")?;
    let store = Store::open(&config.data_dir, Writing::Alone)?;
    if store.next_seq()? > 0 {
        return Err(Failure::Failed(format!(
            "{} holds reports already; `usage-server serve --data-dir {0}` serves them, or name an empty folder with --data-dir",
            config.data_dir.display()
        )));
    }
    fill(&store, options.servers, options.days, Timestamp::now())?;
    serve::run_with(store, &config)
}

/// Brings a fleet's history into the store.
fn fill(store: &Store, servers: u32, days: u32, now: Timestamp) -> Result<(), Failure> {
    let progress = Progress::start("Making history", "days", u64::from(days));
    let begin = now.as_millisecond() - i64::from(days) * 86_400_000;
    let mut organizations: HashMap<&str, OrganizationId> = HashMap::new();
    let mut batch = Vec::with_capacity(BATCH);
    for post in Fleet::new(servers, days, now, SEED) {
        let organization = match post.organization {
            None => None,
            Some(name) => Some(match organizations.get(name) {
                Some(id) => *id,
                None => {
                    let id = store.organization(name, post.at)?;
                    organizations.insert(name, id);
                    id
                }
            }),
        };
        let at = post.at;
        match admit(post, organization) {
            Ok(report) => batch.push(report),
            Err(refused) => store.quarantine(&[*refused])?,
        }
        if batch.len() == BATCH {
            store.append(&batch)?;
            batch.clear();
            progress.at(((at.as_millisecond() - begin) / 86_400_000) as u64);
        }
    }
    store.append(&batch)?;
    progress.at(u64::from(days));
    progress.done();
    let progress = Progress::start("Rolling up", "reports", store.next_seq()?);
    store.catch_up(|done, _| progress.at(done))?;
    progress.done();
    while store.repack()? {}
    store.checkpoint()?;
    store.adopt_products(&ADOPTED, now)?;
    tell_news(store, now)
}

/// An operator has told what there is to tell, of the one product that is made up.
fn tell_news(store: &Store, now: Timestamp) -> Result<(), Failure> {
    let (product, latest) = NEWEST;
    store.set_latest_version(product, Some(latest), COMMAND_LINE, now)?;
    for (id, severity, affected, title) in ADVISORIES {
        let advisory = Advisory {
            id: id.to_owned(),
            severity,
            title: title.to_owned(),
            affected: affected.to_owned(),
            link: format!("https://example.com/{product}/{id}"),
        };
        store.save_advisory(product, &advisory, COMMAND_LINE, now)?;
    }
    Ok(())
}

/// What ingest makes of a post: a report, or a refusal for the quarantine.
fn admit(post: Post, organization: Option<OrganizationId>) -> Result<NewReport, Box<Refused>> {
    match decode(post.kind, &post.body) {
        Ok(_) => Ok(NewReport {
            kind: post.kind,
            product: Arc::from(post.product),
            sender: Sender {
                organization,
                token: None,
            },
            received_at: post.at,
            reported_at: None,
            idempotency: None,
            install_key: None,
            body: post.body,
        }),
        Err(errors) => Err(Box::new(Refused {
            at: post.at,
            kind: post.kind,
            product: Some(post.product.to_owned()),
            errors: serde_json::to_string(&errors.0).unwrap_or_default(),
            body_bytes: post.body.len() as u64,
            body: post.body,
        })),
    }
}
