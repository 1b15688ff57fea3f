//! One attempt: a signed post, and whether it was taken. The name is looked up once, and only what was checked
//! is connected to; no redirect is followed, no proxy asked, and nothing read of an answer but its head.

use axum::http::{StatusCode, Uri, header};
use jiff::Timestamp;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, config::Config};
use usage_store::webhook::Due;

use super::limits::{ANSWER_HEAD_MAX_BYTES, CONNECT_TIMEOUT, POST_TIMEOUT};
use super::reach::Reach;
use super::signature;
use crate::config::WebhookConfig;
use crate::peer;

/// The setting that names authorities to believe receivers by.
const CA_FILE: &str = "webhook-ca-file";

/// Posts messages.
pub(super) struct Poster {
    agent: Agent,
}

impl Poster {
    /// # Errors
    ///
    /// Where the certificate authorities can't be read.
    pub(super) fn new(config: &WebhookConfig) -> Result<Poster, String> {
        Poster::looking_up(DefaultResolver::default(), config)
    }

    /// With another way to look names up.
    pub(super) fn looking_up(
        names: impl Resolver,
        config: &WebhookConfig,
    ) -> Result<Poster, String> {
        let agent = Agent::config_builder()
            .timeout_global(Some(POST_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Each attempt looks the name up anew, and checks what it finds.
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_response_header_size(ANSWER_HEAD_MAX_BYTES)
            // A proxy would look the name up by itself, and connect to whatever that is.
            .proxy(None)
            .user_agent(concat!("usage-server/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "https")]
        let agent = match &config.authorities {
            Some(pem) => agent.tls_config(peer::believing_also(CA_FILE, pem)?),
            None => agent,
        };
        let checked = Checked {
            reach: config.reach.clone(),
            names,
        };
        Ok(Poster {
            agent: Agent::with_parts(agent.build(), DefaultConnector::default(), checked),
        })
    }

    /// Tries once; what went wrong otherwise.
    pub(super) fn post(&self, due: &Due, now: Timestamp) -> Result<(), String> {
        let seconds = now.as_second();
        let signature = signature::sign(&due.secret, &due.message, seconds, &due.body)
            .ok_or("its secret can't be used; remove the webhook and add it anew")?;
        let answer = self
            .agent
            .post(&due.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &due.message)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .send(due.body.as_bytes());
        match answer {
            Ok(answer) => meaning(answer.status()),
            Err(cause) => Err(peer::why(&cause, CA_FILE)),
        }
    }
}

fn meaning(status: StatusCode) -> Result<(), String> {
    match status.as_u16() {
        200..300 => Ok(()),
        300..400 => Err(format!(
            "{status}: redirects aren't followed; name the place itself"
        )),
        _ => Err(status.to_string()),
    }
}

/// Looks a name up, and passes on what may be reached: the connection goes there, whatever the name leads to a
/// moment later.
#[derive(Debug)]
struct Checked<R> {
    reach: Reach,
    names: R,
}

impl<R: Resolver> Resolver for Checked<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let mut checked = self.empty();
        for address in found.iter().filter(|found| self.reach.allows(found.ip())) {
            checked.push(*address);
        }
        match checked.is_empty() {
            false => Ok(checked),
            true => Err(ureq::Error::Io(std::io::Error::new(
                std::io::ErrorKind::PermissionDenied,
                "it leads to a private address, which webhooks don't reach unless --webhook-networks names it",
            ))),
        }
    }
}
