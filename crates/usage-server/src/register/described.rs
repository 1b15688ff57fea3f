//! What the doors of this room say of themselves in the API's document.

use serde_json::json;
use usage_store::registry::register::limits::{CODE_LIFETIME_SECONDS, DEVICE_INTERVAL_SECONDS};
use usage_store::report::fields::{CLUSTER_ID, PRODUCT};

use super::doors::{Wanted, device_subject};
use crate::app::Settings;
use crate::ingest::{Refusal, Ungranted, failed, refused, too_many, unavailable, wrong};
use crate::limits::{DEVICE_BURST_REQUESTS, EXCHANGE_BURST_REQUESTS, REGISTER_BODY_MAX_BYTES};
use crate::openapi::{Access, Answer, Body, Operation};

/// Every door of this room.
pub(crate) fn operations(settings: &Settings) -> Vec<Operation> {
    vec![device(settings), token()]
}

fn device(settings: &Settings) -> Operation {
    let base = &settings.public_url;
    Operation {
        path: "/api/v1/register/device",
        method: "post",
        id: "beginRegistration",
        summary: "A code for a person to type elsewhere",
        description: format!(
            "The shape of RFC 8628. The program shows user_code and verification_uri, and asks for its token with the device_code. At most {DEVICE_BURST_REQUESTS} requests at once of an address."
        ),
        parameters: Vec::new(),
        body: Some(Body {
            schema: "RegisterDevice",
            description: format!("At most {REGISTER_BODY_MAX_BYTES} bytes."),
            examples: vec![(
                "cluster",
                json!({CLUSTER_ID: "clus1", PRODUCT: "myproduct"}),
            )],
        }),
        access: Access::Anybody,
        answers: vec![
            Answer::json(
                200,
                format!("Good for {CODE_LIFETIME_SECONDS} seconds."),
                "RegisterDeviceBegun",
                json!({
                    "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS0M",
                    "user_code": "BCDFG-HJKLM",
                    "verification_uri": format!("{base}/device"),
                    "verification_uri_complete": format!("{base}/device?code=BCDFG-HJKLM"),
                    "expires_in": CODE_LIFETIME_SECONDS,
                    "interval": DEVICE_INTERVAL_SECONDS,
                }),
            ),
            wrong(device_subject(b"{}").err().unwrap_or(Refusal::Failed)),
            too_many(),
            failed(),
            unavailable(),
        ],
    }
}

fn token() -> Operation {
    let unsupported = Wanted::read(b"{}").err();
    Operation {
        path: "/api/v1/register/token",
        method: "post",
        id: "finishRegistration",
        summary: "The token, for a code",
        description: format!(
            "For the code of a redirect with its verifier (RFC 7636), or for a device_code once a person has said yes. Each is good for one token. At most {EXCHANGE_BURST_REQUESTS} requests at once of an address."
        ),
        parameters: Vec::new(),
        body: Some(Body {
            schema: "RegisterToken",
            description: format!("At most {REGISTER_BODY_MAX_BYTES} bytes."),
            // Each code is good once, so there is none that would do it.
            examples: Vec::new(),
        }),
        access: Access::Anybody,
        answers: vec![
            Answer::json(
                200,
                "The token, which nothing but this answer ever holds.",
                "RegisterGranted",
                json!({"token": "usage_GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS0M"}),
            ),
            refused(
                unsupported.unwrap_or(Refusal::Ungranted(Ungranted::UnsupportedGrantType)),
                "Not yet (authorization_pending, slow_down: five seconds more between questions), no longer (expired_token, access_denied, invalid_grant), or an unknown grant_type.",
            ),
            wrong(Wanted::read(b"").err().unwrap_or(Refusal::Failed)),
            too_many(),
            failed(),
            unavailable(),
        ],
    }
}
