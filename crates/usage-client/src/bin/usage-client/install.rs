//! What belongs to one installation: its token, its consent, its reports that wait.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::json;
use usage_client::core::{Decider, Token, UnixMillis};
use usage_client::{
    Client, EnvironmentToken, FileToken, Forgetting, RegisterPrompt, Registration, Reporter,
    ReporterBuilder, Status, TokenStore, open_browser,
};

use crate::arguments::{Answer, Common, Flush, Ids, Install, Register, Way};
use crate::said::{Failure, Said};

/// The token, as containers like it.
const TOKEN_VARIABLE: &str = "USAGE_TOKEN";

/// For the state folder to be read.
const READING: Duration = Duration::from_secs(10);

/// The kept token, or none.
pub(crate) fn token(common: &Common) -> Result<Token, Failure> {
    let kept = match token_file(common) {
        _ if is_token_given(common) => EnvironmentToken::new(TOKEN_VARIABLE).load()?,
        Some(file) => FileToken::new(file).load()?,
        None => None,
    };
    Ok(kept.unwrap_or_default())
}

/// In the environment; a file that is named goes before it.
fn is_token_given(common: &Common) -> bool {
    let token = std::env::var_os(TOKEN_VARIABLE).filter(|token| !token.is_empty());
    common.token_file.is_none() && token.is_some()
}

fn token_file(common: &Common) -> Option<PathBuf> {
    let in_folder = common
        .state_folder
        .as_ref()
        .map(|folder| folder.join("token"));
    common.token_file.clone().or(in_folder)
}

pub(crate) fn register(common: &Common, asked: &Register) -> Result<Said, Failure> {
    let file = token_file(common).ok_or_else(|| {
        Failure::new("where is the token to be kept? Give --token-file or --state-folder")
    })?;
    let client = Client::new("").with_timeout(common.timeout);
    let client = match &common.url {
        Some(url) => client.with_url(url),
        None => client,
    };
    let registration = Registration::new(&asked.cluster_id, &asked.product);
    let token = match asked.way {
        None => client.register(&registration, asked.within, show),
        Some(Way::Browser) => client.register_loopback(&registration, asked.within, |url| {
            show(RegisterPrompt::Browser {
                url: url.to_owned(),
            });
        }),
        Some(Way::Code) => client.register_device(&registration, asked.within, |code| {
            show(RegisterPrompt::Code(code.clone()));
        }),
    };
    FileToken::new(&file).save(&token.map_err(Failure::new)?)?;
    let text = format!("registered; the token is in {}", file.display());
    Ok(Said::new(
        text,
        json!({ "registered": true, "token_file": file }),
    ))
}

/// On standard error: standard output is for the outcome.
fn show(prompt: RegisterPrompt) {
    match prompt {
        RegisterPrompt::Browser { url } => {
            eprintln!("Open this address to register:\n\n  {url}\n");
            let _ = open_browser(&url);
        }
        RegisterPrompt::Code(code) => eprintln!(
            "Open {} and enter the code {}",
            code.verification_uri(),
            code.user_code()
        ),
        _ => {}
    }
}

/// A person's no, given to this program, holds for what it sends on demand too.
pub(crate) fn check_consent(common: &Common, ids: &Ids) -> Result<(), Failure> {
    if common.state_folder.is_none() {
        return Ok(());
    }
    let install = Install {
        product: ids.product.clone(),
        consent_version: 1,
    };
    let reporter = offline(common, &install)?;
    let consent = known(&reporter).consent;
    reporter.shutdown(READING);
    if !consent.granted && matches!(consent.by, Decider::Answer | Decider::Forgotten) {
        return Err(Failure::new(format!(
            "not sent: consent is off ({})",
            consent.by
        )));
    }
    Ok(())
}

pub(crate) fn consent(common: &Common, install: &Install, answer: Answer) -> Result<Said, Failure> {
    need_folder(common)?;
    if answer != Answer::Show {
        let reporter = offline(common, install)?;
        reporter.set_consent(answer == Answer::On)?;
        reporter.shutdown(READING);
    }
    // What is said is what the folder says now.
    let reporter = offline(common, install)?;
    let consent = known(&reporter).consent;
    reporter.shutdown(READING);
    let word = if consent.granted { "on" } else { "off" };
    let by = consent.by.to_string();
    let json = json!({ "consent": consent.granted, "by": by });
    Ok(Said::new(format!("consent is {word} ({by})"), json))
}

pub(crate) fn status(common: &Common, install: &Install) -> Result<Said, Failure> {
    need_folder(common)?;
    let reporter = offline(common, install)?;
    let Status {
        registration,
        consent,
        waiting,
        last_success,
        dropped,
        cluster_id,
        server_id,
        ..
    } = known(&reporter);
    reporter.shutdown(READING);
    let last_success = last_success.map(|at: SystemTime| UnixMillis::from(at).to_rfc3339());
    let registered = matches!(registration, usage_client::RegistrationStatus::Registered);
    let by = consent.by.to_string();
    let (registered_word, consent_word) = (
        if registered { "yes" } else { "no" },
        if consent.granted { "on" } else { "off" },
    );
    let last = last_success.as_deref().unwrap_or("never");
    let text = format!(
        "cluster     {cluster_id}\nserver      {server_id}\nregistered  {registered_word}\n\
         consent     {consent_word} ({by})\nwaiting     {waiting}\ndropped     {dropped}\n\
         last sent   {last}"
    );
    let json = json!({
        "cluster_id": cluster_id,
        "server_id": server_id,
        "registered": registered,
        "consent": consent.granted,
        "consent_by": by,
        "waiting": waiting,
        "dropped": dropped,
        "last_success": last_success,
    });
    Ok(Said::new(text, json))
}

pub(crate) fn flush(common: &Common, asked: &Flush) -> Result<Said, Failure> {
    need_folder(common)?;
    let reporter = builder(common, &asked.install, &asked.version)
        .anonymous(asked.anonymous)
        .start()?;
    let waiting = reporter.flush(common.timeout)?;
    let last_error = reporter.status().last_error;
    reporter.shutdown(READING);
    let json = json!({ "waiting": waiting, "last_error": last_error });
    let why = last_error
        .map(|error| format!(": {error}"))
        .unwrap_or_default();
    Ok(Said::new(
        format!("{waiting} reports still wait{why}"),
        json,
    ))
}

pub(crate) fn forget(common: &Common, install: &Install) -> Result<Said, Failure> {
    need_folder(common)?;
    let reporter = builder(common, install, "").start()?;
    let forgetting = reporter.forget_me(common.timeout)?;
    reporter.shutdown(READING);
    match forgetting {
        Forgetting::Accepted { status_url } => {
            let at = status_url
                .as_ref()
                .map(|url| format!("; done when {url} says so"));
            let text = format!("the server will erase it{}", at.unwrap_or_default());
            Ok(Said::new(
                text,
                json!({ "accepted": true, "status_url": status_url }),
            ))
        }
        Forgetting::Refused(why) => Err(Failure::new(format!("the server can't erase it: {why}"))),
        _ => Err(Failure::new(
            "the server did not answer; nothing is reported any more, ask again later",
        )),
    }
}

fn need_folder(common: &Common) -> Result<(), Failure> {
    match common.state_folder {
        Some(_) => Ok(()),
        None => Err(Failure::new("which installation? Give its --state-folder")),
    }
}

/// This product's, on its folder, for what needs no server.
fn offline(common: &Common, install: &Install) -> Result<Reporter, Failure> {
    let builder = builder(common, install, "").offline(true);
    Ok(builder.url("http://127.0.0.1:9").start()?)
}

/// This product's, on its folder; without hooks it makes no reports but check-ins.
pub(crate) fn builder(common: &Common, install: &Install, version: &str) -> ReporterBuilder {
    let mut builder = Reporter::builder(&install.product, version)
        .consent_version(install.consent_version)
        .timeout(common.timeout);
    if let Some(url) = &common.url {
        builder = builder.url(url);
    }
    if let Some(folder) = &common.state_folder {
        builder = builder.state_folder(folder);
    }
    if let Some(file) = &common.token_file {
        builder = builder.tokens(FileToken::new(file));
    } else if is_token_given(common) {
        builder = builder.tokens(EnvironmentToken::new(TOKEN_VARIABLE));
    }
    builder
}

/// The status, once the folder was read.
pub(crate) fn known(reporter: &Reporter) -> Status {
    reporter.registration(READING);
    reporter.status()
}
