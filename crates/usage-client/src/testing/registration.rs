//! The mock's registration: a browser that opens `/start` is a person who says yes; who entered a code on
//! another machine is the test's to say.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{MockReply, Recorded, TOKEN, answers};
use crate::url::Query;

#[derive(Debug, Default)]
pub(super) struct Registrations {
    /// What must be shown for a code: the challenge it was given for.
    codes: BTreeMap<String, String>,
    devices: usize,
    /// The person's word on the devices.
    pub(super) approved: Option<bool>,
}

const CODE_GRANT: &str = "authorization_code";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Registrations {
    /// The answer, if this is about registration.
    pub(super) fn answer(&mut self, request: &Recorded, base: &str) -> Option<MockReply> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let method = match path {
            "/start" => "GET",
            "/api/v1/register/device" | "/api/v1/register/token" => "POST",
            _ => return None,
        };
        if request.method != method {
            let refused = MockReply::new(405).with_header("Allow", method);
            return Some(refused.with_error("wrong method"));
        }
        let body: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        Some(match path {
            "/start" => self.start(&Query::parse(query.as_bytes())),
            "/api/v1/register/device" => self.device(&body, base),
            _ => self.token(&body),
        })
    }

    /// Sends the browser back with a code, or to a program of the first kind with a token.
    fn start(&mut self, query: &Query) -> MockReply {
        let text = |key| {
            let value = query.get(key).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        };
        let back = text("redirect_url");
        if text("cluster_id").is_empty() || text("product").is_empty() {
            return MockReply::new(400).with_error("cluster_id and product must not be blank");
        }
        if back.is_empty() {
            return MockReply::new(200).with_body(TOKEN);
        }
        let mut added = Query::default();
        if text("code_challenge_method") == "S256" {
            let code = format!("mock-code-{}", self.codes.len() + 1);
            added.set("code", code.as_bytes());
            added.set("state", text("state").as_bytes());
            self.codes.insert(code, text("code_challenge"));
        } else {
            added.set("token", TOKEN.as_bytes());
        }
        let added = String::from_utf8_lossy(&added.encode()).into_owned();
        let mark = if back.contains('?') { '&' } else { '?' };
        MockReply::new(303).with_header("Location", format!("{back}{mark}{added}"))
    }

    fn device(&mut self, body: &Json, base: &str) -> MockReply {
        if let Some(blank) = answers::blank(body, &["cluster_id", "product"]) {
            return blank;
        }
        self.devices += 1;
        MockReply::new(200).with_json(&json!({
            "device_code": format!("mock-device-{}", self.devices),
            "user_code": "MOCK-CODE",
            "verification_uri": format!("{base}/device"),
            "verification_uri_complete": format!("{base}/device?code=MOCK-CODE"),
            "expires_in": 600,
            "interval": 1,
        }))
    }

    fn token(&mut self, body: &Json) -> MockReply {
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        if text("grant_type") == DEVICE_GRANT {
            let number = text("device_code").strip_prefix("mock-device-");
            let known = number
                .and_then(|number| number.parse().ok())
                .is_some_and(|number: usize| (1..=self.devices).contains(&number));
            return match self.approved {
                _ if !known => refused("expired_token"),
                None => refused("authorization_pending"),
                Some(false) => refused("access_denied"),
                Some(true) => granted(),
            };
        }
        if text("grant_type") != CODE_GRANT {
            return refused("unsupported_grant_type");
        }
        // Good once, even for who shows the wrong proof.
        match self.codes.remove(text("code")) {
            Some(challenge) if proves(text("code_verifier"), &challenge) => granted(),
            _ => refused("invalid_grant"),
        }
    }
}

fn granted() -> MockReply {
    MockReply::new(200).with_json(&json!({ "token": TOKEN }))
}

fn refused(why: &str) -> MockReply {
    MockReply::new(400).with_error(why)
}

#[cfg(feature = "register")]
fn proves(verifier: &str, challenge: &str) -> bool {
    crate::register::challenge(verifier) == challenge
}

/// Without the feature there is no SHA-256 to check it with.
#[cfg(not(feature = "register"))]
fn proves(verifier: &str, challenge: &str) -> bool {
    !verifier.is_empty() && !challenge.is_empty()
}
