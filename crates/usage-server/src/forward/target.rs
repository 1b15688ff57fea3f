//! The target: a post of lines, and what its answer means. Follows no redirects, and never says what it
//! proves itself with.

use std::io::{Read, Write};
use std::time::Duration;

use axum::http::{Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use ureq::{Agent, Body};

use super::Failure;
use super::limits::{
    ANSWER_MAX_BYTES, CONNECT_TIMEOUT, IDLE_CONNECTION, POST_TIMEOUT, SAID_MAX_CHARS,
};
use crate::config::{ForwardConfig, ForwardProof};
use crate::peer;

/// The setting that names authorities to believe the target by.
const CA_FILE: &str = "forward-ca-file";

/// What became of a post.
#[derive(Debug)]
pub(super) enum Answer {
    /// All of it is there.
    Taken,
    /// Something in it is wrong, or it is too large; the rest may be there or not.
    Refused(String),
    /// Nothing goes for now.
    Failed(Failure),
}

pub(super) struct Target {
    agent: Agent,
    url: String,
    /// `Authorization`.
    proof: Option<String>,
    gzip: bool,
}

impl Target {
    /// # Errors
    ///
    /// Where the certificate authorities can't be read.
    pub(super) fn new(config: &ForwardConfig) -> Result<Target, String> {
        Target::within(config, POST_TIMEOUT)
    }

    pub(super) fn within(config: &ForwardConfig, timeout: Duration) -> Result<Target, String> {
        let mut agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .max_idle_age(IDLE_CONNECTION)
            .user_agent(concat!("usage-server/", env!("CARGO_PKG_VERSION")));
        if config.is_here() {
            agent = agent.proxy(None);
        }
        #[cfg(feature = "https")]
        if let Some(pem) = &config.authorities {
            agent = agent.tls_config(peer::believing_only(CA_FILE, pem)?);
        }
        let proof = config.proof.as_ref().map(|proof| match proof {
            ForwardProof::Token(token) => format!("Token {token}"),
            ForwardProof::Password { user, password } => {
                let pair = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
                format!("Basic {pair}")
            }
        });
        Ok(Target {
            agent: agent.build().new_agent(),
            url: config.url.clone(),
            proof,
            gzip: config.gzip,
        })
    }

    /// Posts lines.
    pub(super) fn post(&self, lines: &[u8]) -> Answer {
        match self.exchange(lines) {
            Ok(answer) => meaning(answer),
            Err(cause) => failed(&peer::why(&cause, CA_FILE), None),
        }
    }

    fn exchange(&self, lines: &[u8]) -> Result<Response<Body>, ureq::Error> {
        let mut post = self
            .agent
            .post(&self.url)
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8");
        if let Some(proof) = &self.proof {
            post = post.header(header::AUTHORIZATION, proof);
        }
        if !self.gzip {
            return post.send(lines);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(lines)?;
        post.header(header::CONTENT_ENCODING, "gzip")
            .send(&packed.finish()?[..])
    }
}

fn failed(cause: &str, retry_after: Option<Duration>) -> Answer {
    Answer::Failed(Failure {
        cause: cause.to_owned(),
        retry_after,
    })
}

fn meaning(answer: Response<Body>) -> Answer {
    let (head, body) = answer.into_parts();
    let status = head.status;
    if status == StatusCode::NO_CONTENT {
        return Answer::Taken;
    }
    let retry_after = head.headers.get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|text| seconds(text.to_str().ok()?));
    let mut text = Vec::new();
    // What breaks off is told as far as it came.
    let _ = body
        .into_reader()
        .take(ANSWER_MAX_BYTES)
        .read_to_end(&mut text);
    let said = format!("{status}: {}", said(&text));
    let advice = match status.as_u16() {
        400 | 413 | 422 => return Answer::Refused(said),
        401 | 403 => "give the user or the token of one who may write there",
        404 => "is there such a database, and is the address right?",
        300..400 => "redirects aren't followed: name the place itself",
        408 | 429 | 500.. => return failed(&said, retry_after),
        _ => "that is no answer of InfluxDB, which says 204: does the address end in /write?",
    };
    failed(&format!("{said}; {advice}"), retry_after)
}

/// The error's text, as the log may have it: the report that it quotes isn't told.
fn said(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let told = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(json) => match (json["error"].as_str(), json["message"].as_str()) {
            (Some(told), _) | (None, Some(told)) => told.to_owned(),
            (None, None) => String::new(),
        },
        Err(_) => text.into_owned(),
    };
    let told = match (told.find('\''), told.rfind('\'')) {
        (Some(begin), Some(end)) if begin < end => format!("{}…{}", &told[..=begin], &told[end..]),
        _ => told,
    };
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let told: String = told.chars().map(blank).take(SAID_MAX_CHARS).collect();
    match told.trim() {
        "" => "it doesn't say why".to_owned(),
        told => told.to_owned(),
    }
}

/// `Retry-After`: seconds, or a date.
fn seconds(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    Some(Duration::try_from(then.duration_since(Timestamp::now())).unwrap_or_default())
}
