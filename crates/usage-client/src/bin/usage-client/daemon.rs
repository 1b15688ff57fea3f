//! `report`: a reporter for products that can't embed one, until somebody stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use usage_client::core::{Timing, UnixMillis};
use usage_client::{Reporter, ReporterBuilder, Status, Usage, UsageData};

use crate::arguments::{Common, Daemon};
use crate::install;
use crate::said::{Failure, Said};

/// Between two looks whether to stop: a flag is what a signal can set on every system.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// For what waits, at a stop. With the next within the ten seconds that containers are given.
const LAST_FLUSH: Duration = Duration::from_secs(6);

/// For the reporter's end.
const END: Duration = Duration::from_secs(2);

pub(crate) fn report(common: &Common, asked: &Daemon) -> Result<Said, Failure> {
    let both = asked.cluster_id.is_some() && asked.server_id.is_some();
    if common.state_folder.is_none() && !both {
        return Err(Failure::new(
            "which installation? Give its --state-folder, or --cluster-id and --server-id",
        ));
    }
    let stopping = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stopping))?;
    }
    if asked.once {
        return once(common, asked, &stopping);
    }
    let (source, stop) = (asked.source.clone(), Arc::clone(&stopping));
    let failing = AtomicBool::new(false);
    let hook = move || {
        let read = source.read(&stop);
        let failed_before = failing.swap(read.is_err(), Ordering::SeqCst);
        read.unwrap_or_else(|why| {
            if !failed_before && !stop.load(Ordering::SeqCst) {
                eprintln!("reported without values: {why}");
            }
            UsageData::new()
        })
    };
    let reporter = builder(common, asked).usage(hook).start()?;
    let consent = install::known(&reporter).consent;
    if !consent.granted {
        eprintln!("nothing is reported: consent is off ({})", consent.by);
    }
    while !stopping.load(Ordering::SeqCst) {
        std::thread::park_timeout(BETWEEN_LOOKS);
    }
    // What can't be sent now waits for the next start, or for a yes.
    let _ = reporter.flush(LAST_FLUSH);
    Ok(said("stopped", &end(&reporter)))
}

/// One round, for those who have a schedule of their own.
fn once(common: &Common, asked: &Daemon, stopping: &AtomicBool) -> Result<Said, Failure> {
    let read = asked.source.read(stopping);
    let reporter = builder(common, asked).start()?;
    let before = install::known(&reporter);
    let mut data = read.as_ref().cloned().unwrap_or_default();
    let tags = data.tags.get_or_insert_default();
    tags.entry("version".into())
        .or_insert_with(|| asked.product_version.clone());
    let values = data.values.get_or_insert_default();
    values.insert("cluster_id".into(), before.cluster_id.as_str().into());
    values.insert("server_id".into(), before.server_id.as_str().into());
    let sent = reporter
        .save(&Usage::new(&asked.install.product).with(data))
        .and_then(|()| reporter.flush(common.timeout));
    let status = end(&reporter);
    let waiting = sent?;
    if waiting > 0 || status.dropped > before.dropped {
        let why = status.last_error.unwrap_or_else(|| "no token".into());
        let what = if waiting > 0 { "waits" } else { "was refused" };
        return Err(Failure::new(format!("the report {what}: {why}")));
    }
    read.map_err(|why| Failure::new(format!("reported without values: {why}")))?;
    Ok(said("reported", &status))
}

fn builder(common: &Common, asked: &Daemon) -> ReporterBuilder {
    let mut builder = install::builder(common, &asked.install, &asked.product_version)
        .anonymous(asked.anonymous)
        .on_registration_needed(|needed| {
            eprintln!("reports wait until somebody registers at {}", needed.url);
        });
    if let Some(id) = &asked.cluster_id {
        builder = builder.cluster_id(id);
    }
    if let Some(id) = &asked.server_id {
        builder = builder.server_id(id);
    }
    if let Some(host) = &asked.host {
        builder = builder.host(host);
    }
    if let Some(every) = asked.every {
        // Whoever says how often is not overruled by the server's usual interval.
        let mut timing = Timing::default();
        timing.interval = every;
        timing.shortest_interval = every;
        timing.longest_interval = every;
        builder = builder.timing(timing);
    }
    builder
}

fn end(reporter: &Reporter) -> Status {
    reporter.shutdown(END);
    reporter.status()
}

fn said(word: &str, status: &Status) -> Said {
    let waiting = status.waiting;
    let last_success = status
        .last_success
        .map(|at| UnixMillis::from(at).to_rfc3339());
    let json = json!({
        "cluster_id": status.cluster_id,
        "server_id": status.server_id,
        "waiting": waiting,
        "dropped": status.dropped,
        "last_success": last_success,
        "last_error": status.last_error,
    });
    Said::new(format!("{word}; {waiting} reports wait"), json)
}
