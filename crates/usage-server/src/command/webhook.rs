//! `usage-server webhook`: add, list, remove and test. The secret and the list go to standard output, so that
//! scripts can take them; everything else is said on standard error.

use std::io::Write;

use jiff::Timestamp;
use usage_store::registry::COMMAND_LINE;
use usage_store::webhook::{Event, Events, NewWebhook};
use usage_store::{Store, Writing};

use super::{Failure, io, open_beside_or_new, say};
use crate::account::api_key;
use crate::cli::{self, DataDir, WebhookAdd, WebhookNamed};
use crate::webhook::{message, signature, target};

/// Adds one, and prints its secret.
pub(crate) fn add(options: &WebhookAdd) -> Result<(), Failure> {
    let name =
        api_key::name(&options.name).map_err(|wrong| Failure::Usage(format!("--name: {wrong}")))?;
    let url =
        target::checked(&options.url).map_err(|wrong| Failure::Usage(format!("--url: {wrong}")))?;
    let events: Events = match options.event.is_empty() {
        true => Event::ALL.into_iter().collect(),
        false => options.event.iter().copied().map(wanted).collect(),
    };
    let secret = signature::draw_secret().map_err(|e| Failure::Failed(e.to_string()))?;
    let new = NewWebhook {
        name: &name,
        url: &url,
        secret: &secret,
        events,
        by: COMMAND_LINE,
    };
    open_beside_or_new(&options.data.data_dir)?.add_webhook(&new, Timestamp::now())?;
    let shown = signature::shown(&secret);
    writeln!(std::io::stdout(), "{shown}").map_err(io("standard output"))?;
    say("this secret is shown this once; give it to the receiver, which checks messages by it")
}

/// Prints what is known of each webhook, a line each, with tabs between.
pub(crate) fn list(data: &DataDir) -> Result<(), Failure> {
    let store = Store::open(&data.data_dir, Writing::Beside)?;
    let mut text =
        "NAME\tHOST\tEVENTS\tMADE BY\tWAITING\tDELIVERED\tGIVEN UP\tDROPPED\tLAST DELIVERED\tLAST FAILED\tLAST ERROR\n"
            .to_owned();
    let at = |at: Option<Timestamp>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        )
    };
    for one in store.webhooks()? {
        let fields = [
            one.name,
            target::host(&one.url),
            one.events.names(),
            one.made_by,
            one.waiting.to_string(),
            one.delivered.to_string(),
            one.given_up.to_string(),
            one.dropped.to_string(),
            at(one.delivered_at),
            at(one.failed_at),
            one.last_error
                .unwrap_or_default()
                .replace(['\t', '\n'], " "),
        ];
        text += &fields.join("\t");
        text.push('\n');
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .map_err(io("standard output"))
}

/// Removes one.
pub(crate) fn remove(options: &WebhookNamed) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let id = store.webhook_named(&options.name)?;
    store.remove_webhook(id, COMMAND_LINE, Timestamp::now())?;
    say(&format!("removed {}", options.name))
}

/// Lets a message wait for one.
pub(crate) fn test(options: &WebhookNamed) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let (id, now) = (store.webhook_named(&options.name)?, Timestamp::now());
    let news = message::test(COMMAND_LINE, now).map_err(|e| Failure::Failed(e.to_string()))?;
    store.tell_webhook(id, &news, now)?;
    say(&format!(
        "{} waits; the running server sends it within seconds, and `usage-server webhook list` says what became of it",
        news.message
    ))
}

fn wanted(event: cli::Event) -> Event {
    match event {
        cli::Event::ClusterFirstReport => Event::ClusterFirstReport,
        cli::Event::ClusterSilent => Event::ClusterSilent,
        cli::Event::OrganizationRegistered => Event::OrganizationRegistered,
        cli::Event::QuarantineGrowing => Event::QuarantineGrowing,
    }
}
