//! `usage-server forget`: an operator has reports erased, for programs that can't ask themselves.
//! Beside a running server it asks that server; alone it erases by itself.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::channel;
use std::time::Instant;

use jiff::Timestamp;
use usage_store::erasure::{ErasureRequest, ErasureStatus, Whose};
use usage_store::registry::Organization;
use usage_store::{Error, Store, Writing};

use super::{Failure, counted, io, organization, say};
use crate::account::Secret;
use crate::cli::Forget;
use crate::limits::{FORGET_LOOK_INTERVAL, FORGET_WAIT_MAX};
use crate::progress::Progress;

/// Says what will go, asks back, and returns when it is gone.
pub(crate) fn run(options: &Forget) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let (name, id) = (options.organization.as_deref(), options.organization_id);
    let organization = organization::known(&store, name, id)?;
    let request = request(options, organization.as_ref())?;
    let what = described(options, organization, store.servers_to_erase(&request)?);
    if !options.yes && !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{what}: nobody can answer here, say --yes to erase it for good"
        )));
    }
    say(&format!("to be erased, for good: {what}"))?;
    if !options.yes && !agreed()? {
        return Err(Failure::Failed("nothing was erased".to_owned()));
    }
    let code = Secret::random().map_err(|e| Failure::Failed(e.to_string()))?;
    let code = store.request_erasure(&request, &code.text(), Timestamp::now())?;
    let erased = match Store::open(&options.data.data_dir, Writing::Alone) {
        Ok(alone) => erase(&alone, &code)?,
        Err(Error::Locked(_)) => wait(&store, &code)?,
        Err(e) => return Err(e.into()),
    };
    say(&format!(
        "erased {}",
        counted(erased.reports, "report", "reports")
    ))
}

fn request(
    options: &Forget,
    organization: Option<&Organization>,
) -> Result<ErasureRequest, Failure> {
    let blank = |flag: &str| Failure::Usage(format!("{flag} must not be blank"));
    for (flag, given) in [
        ("--product", Some(&options.product)),
        ("--cluster", Some(&options.cluster)),
        ("--server", options.server.as_ref()),
    ] {
        if given.is_some_and(|text| text.trim().is_empty()) {
            return Err(blank(flag));
        }
    }
    let whose = match organization {
        Some(organization) => Whose::Organizations(organization.id),
        None if options.anonymous => Whose::Anonymous,
        None => Whose::Everybodys,
    };
    Ok(ErasureRequest {
        product: options.product.clone(),
        cluster_id: options.cluster.clone(),
        server_id: options.server.clone(),
        whose,
        actor: "command line".to_owned(),
    })
}

fn described(options: &Forget, organization: Option<Organization>, servers: u64) -> String {
    let server = options.server.as_deref();
    let what = server.map_or(String::new(), |id| format!("server {id:?} of "));
    let whose = match organization {
        Some(organization) => format!(", reported under {:?}", organization.name),
        None if options.anonymous => ", reported under no organization".to_owned(),
        None => ", whoever reported it".to_owned(),
    };
    format!(
        "all of {what}cluster {:?} of {:?}{whose}: {} known so far",
        options.cluster,
        options.product,
        counted(servers, "server", "servers")
    )
}

/// Asks the person at the terminal.
fn agreed() -> Result<bool, Failure> {
    let mut out = std::io::stderr();
    write!(out, "Erase it? [y/N] ")
        .and_then(|()| out.flush())
        .map_err(io("standard error"))?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(io("standard input"))?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

/// Without a server: takes in what is still to be counted, then erases all that was asked for.
fn erase(store: &Store, code: &str) -> Result<ErasureStatus, Failure> {
    let behind = store.freshness()?.behind;
    if behind > 0 {
        let progress = Progress::start("Counting first", "reports", behind);
        let mut done = 0;
        loop {
            match store.apply()? {
                0 => break,
                more => done += more,
            }
            progress.at(done);
        }
        progress.done();
    }
    loop {
        if let Some(done) = done(store, code)? {
            return Ok(done);
        }
        if !store.erase_next(Timestamp::now())? {
            return Err(Failure::Failed(
                "the reports could not be erased; try again".to_owned(),
            ));
        }
    }
}

/// Waits until the running server has done it.
fn wait(store: &Store, code: &str) -> Result<ErasureStatus, Failure> {
    let since = Instant::now();
    // Nobody ever sends: receiving is a pause.
    let (_nobody, pause) = channel::<()>();
    let progress = Progress::waiting("Waiting for the running server");
    while since.elapsed() < FORGET_WAIT_MAX {
        if let Some(done) = done(store, code)? {
            progress.clear();
            return Ok(done);
        }
        progress.tick();
        let _ = pause.recv_timeout(FORGET_LOOK_INTERVAL);
    }
    progress.clear();
    Err(Failure::Failed(format!(
        "the running server has not erased it within {} minutes; it is still asked to. Look at its log, or run this again to wait on",
        FORGET_WAIT_MAX.as_secs() / 60
    )))
}

fn done(store: &Store, code: &str) -> Result<Option<ErasureStatus>, Failure> {
    let status = store.erasure_status(code)?;
    Ok(status.filter(|status| status.done_at.is_some()))
}
