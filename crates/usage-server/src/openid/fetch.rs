//! Questions to a provider, bounded in time and size. No redirect is followed: what is asked is what was
//! configured, or what the provider says of itself.

use serde::de::DeserializeOwned;
use ureq::Agent;

use super::address;
use crate::limits::{OPENID_ANSWER_MAX, OPENID_ANSWER_MAX_BYTES};
use crate::peer;

/// Asks one provider.
pub(super) struct Fetch {
    agent: Agent,
}

impl Fetch {
    /// For the provider at an address, with these authorities (PEM) to believe it by, or those that browsers
    /// believe.
    pub(super) fn new(issuer: &str, authorities: Option<&[u8]>) -> Result<Fetch, String> {
        let loopback = address::is_loopback(issuer);
        let mut config = Agent::config_builder()
            .timeout_global(Some(OPENID_ANSWER_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The next question is minutes away: a code sent into a closed connection would be lost.
            .max_idle_connections(0)
            .https_only(!loopback)
            .accept("application/json");
        if loopback {
            config = config.proxy(None);
        }
        if let Some(pem) = authorities {
            config = config.tls_config(peer::believing_only("openid-ca-file", pem)?);
        }
        let agent = config.build().new_agent();
        Ok(Fetch { agent })
    }

    /// What is at an address, to whom this token lets in.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<T, String> {
        let mut request = self.agent.get(url);
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(url, request.call())
    }

    /// What is answered to a form.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        authorization: Option<&str>,
        form: &str,
    ) -> Result<T, String> {
        let mut request = self
            .agent
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        read(url, request.send(form))
    }
}

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

/// The answer's JSON. What is wrong with it is told without a word of it: it may hold a token.
fn read<T: DeserializeOwned>(url: &str, answer: Answer) -> Result<T, String> {
    let mut answer = answer.map_err(|e| format!("{url}: {e}"))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("{url} answered {}", status.as_u16()));
    }
    let body = answer.body_mut().with_config();
    let bytes = body.limit(OPENID_ANSWER_MAX_BYTES).read_to_vec();
    let bytes = bytes.map_err(|e| format!("{url}: {e}"))?;
    serde_json::from_slice(&bytes)
        .map_err(|_| format!("{url} answered something else than the JSON that belongs there"))
}
