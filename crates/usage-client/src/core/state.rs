//! What the engine remembers from one process to the next: a small JSON file that a person can read. Losing
//! it is harmless; what is broken or missing in it is as if it weren't there.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Breaker, Due, UnixMillis};

/// Due times, the breaker, and what was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// A check-in that is still to be made.
    pub check_in: Option<Due>,
    /// The last check-in made: when, and of which version.
    pub checked_in: Option<(UnixMillis, String)>,
    /// The next usage report.
    pub usage: Option<Due>,
    /// The next stats.
    pub stats: Option<Due>,
    /// The interval that the server asked for, within bounds.
    pub interval: Option<Duration>,
    /// Whether the server may be tried.
    pub breaker: Breaker,
    /// When the server last accepted something.
    pub last_success: Option<UnixMillis>,
    /// A mark of the token that the server refused: 16 bits, enough to notice another one.
    pub refused_token: Option<u16>,
    /// Reports dropped unsent, since there is this file.
    pub dropped: u64,
    /// Whether the server is still to be asked to forget this install.
    pub forgetting: bool,
}

const ABOUT: &str = "When this install reports next, and how it went so far. Written by usage-client. \
                     Safe to delete: then it plans anew.";

impl State {
    /// As JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let due = |due: Option<Due>| {
            due.map(|due| json!({ "at": due.at.to_rfc3339(), "missed": due.missed }))
        };
        let time = |at: Option<UnixMillis>| at.map(UnixMillis::to_rfc3339);
        let checked_in = self.checked_in.as_ref();
        let state = json!({
            "about": ABOUT,
            "check_in_due": due(self.check_in),
            "checked_in_at": time(checked_in.map(|(at, _)| *at)),
            "checked_in_version": checked_in.map(|(_, version)| version),
            "usage_due": due(self.usage),
            "stats_due": due(self.stats),
            "interval_seconds": self.interval.map(|interval| interval.as_secs()),
            "round_began": time(self.breaker.round_began),
            "round_failures": self.breaker.failures,
            "failed_rounds": self.breaker.failed_rounds,
            "no_attempt_before": time(self.breaker.until),
            "failure_noted_at": time(self.breaker.noted_at),
            "last_success": time(self.last_success),
            "refused_token_mark": self.refused_token,
            "dropped": self.dropped,
            "forgetting": self.forgetting,
        });
        format!("{state:#}\n").into_bytes()
    }

    /// Reads what [`to_json`](Self::to_json) wrote; nothing where this is not JSON.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let Value::Object(object) = serde_json::from_slice(bytes).ok()? else {
            return None;
        };
        let count = |key| object.get(key).and_then(Value::as_u64).unwrap_or_default();
        let version = object.get("checked_in_version").and_then(Value::as_str);
        Some(Self {
            check_in: due(&object, "check_in_due"),
            checked_in: time(&object, "checked_in_at").zip(version.map(str::to_owned)),
            usage: due(&object, "usage_due"),
            stats: due(&object, "stats_due"),
            interval: object
                .get("interval_seconds")
                .and_then(Value::as_u64)
                .map(Duration::from_secs),
            breaker: Breaker {
                round_began: time(&object, "round_began"),
                failures: count("round_failures").try_into().unwrap_or_default(),
                failed_rounds: count("failed_rounds").try_into().unwrap_or_default(),
                until: time(&object, "no_attempt_before"),
                noted_at: time(&object, "failure_noted_at"),
            },
            last_success: time(&object, "last_success"),
            refused_token: object
                .get("refused_token_mark")
                .and_then(Value::as_u64)
                .and_then(|mark| mark.try_into().ok()),
            dropped: count("dropped"),
            forgetting: object
                .get("forgetting")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
        })
    }
}

fn time(object: &Map<String, Value>, key: &str) -> Option<UnixMillis> {
    UnixMillis::from_rfc3339(object.get(key)?.as_str()?)
}

fn due(object: &Map<String, Value>, key: &str) -> Option<Due> {
    let due = object.get(key)?.as_object()?;
    let missed = due
        .get("missed")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    Some(Due {
        at: time(due, "at")?,
        missed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_written() {
        let at = UnixMillis::new(1_800_000_000_123);
        let state = State {
            check_in: Some(Due::new(at)),
            checked_in: Some((at, "1.0".into())),
            usage: Some(Due { at, missed: true }),
            stats: None,
            interval: Some(Duration::from_secs(3600)),
            breaker: Breaker {
                round_began: Some(at),
                failures: 2,
                failed_rounds: 3,
                until: Some(at),
                noted_at: Some(at),
            },
            last_success: Some(at),
            refused_token: Some(65_535),
            dropped: 7,
            forgetting: true,
        };
        assert_eq!(State::from_json(&state.to_json()), Some(state));
        assert_eq!(
            State::from_json(&State::default().to_json()),
            Some(State::default())
        );
    }

    #[test]
    fn what_is_broken_is_as_if_it_weren_t_there() {
        for text in ["", "[]", "{", "\u{0}\u{0}"] {
            assert_eq!(State::from_json(text.as_bytes()), None);
        }
        let odd = br#"{"usage_due":{"at":12},"dropped":-1,"forgetting":"x","round_failures":99999999999}"#;
        assert_eq!(State::from_json(odd), Some(State::default()));
    }
}
