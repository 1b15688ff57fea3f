//! A person enters a code in a browser anywhere, while the program asks whether they have (RFC 8628). When to
//! ask is the core's business.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{DeviceCode, RegisterError, shown, token_of, unless_unsupported};
use crate::core::{DevicePoll, PollStep, Token};
use crate::{Client, Error, Registration, Reply};

impl Client {
    /// Registers this installation with a code that a person enters in a browser anywhere, and returns its
    /// token. `show` gets the code, once.
    ///
    /// Asks the server at its own interval, more seldom when told to, and for as long as the code is good,
    /// but at most `within`.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Expired`] when the time is over, [`RegisterError::Unsupported`] where the server has
    /// no device flow; any other as it says. Consent is not asked for.
    pub fn register_device(
        &self,
        registration: &Registration,
        within: Duration,
        show: impl FnOnce(&DeviceCode),
    ) -> Result<Token, RegisterError> {
        let start = Instant::now();
        let left = || within.saturating_sub(start.elapsed());
        registration.validate().map_err(Error::Registration)?;
        let asked = self.ask("/register/device", &registration.to_json(), left());
        let code = DeviceCode::read(asked.map_err(unless_unsupported)?.body())?;
        shown(|| show(&code))?;

        let now = || start.elapsed();
        let good_for = code.expires_in().min(left());
        let mut poll = DevicePoll::new(code.interval, good_for, now());
        let question = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": code.device_code,
        });
        loop {
            match poll.next_step(now()) {
                PollStep::Expired => return Err(RegisterError::Expired),
                // May wake early; then the rest is waited for.
                PollStep::Wait(wait) => std::thread::park_timeout(wait),
                PollStep::Ask => {
                    let answer = self.ask("/register/token", &question, left());
                    if let Some(outcome) = settle(answer, &mut poll, now()) {
                        return outcome;
                    }
                }
            }
        }
    }
}

/// What an answer means; nothing as long as it is to be asked again.
fn settle(
    answer: Result<Reply, Error>,
    poll: &mut DevicePoll,
    now: Duration,
) -> Option<Result<Token, RegisterError>> {
    let error = match answer {
        Ok(reply) => return Some(token_of(&reply)),
        Err(error) => error,
    };
    let status = error.status();
    let said = error.as_simple().map(|error| error.message.as_str());
    match (status, said) {
        (Some(400), Some("authorization_pending")) => poll.pending(now),
        (Some(400), Some("slow_down")) => poll.slow_down(now),
        (Some(400), Some("expired_token")) => return Some(Err(RegisterError::Expired)),
        (Some(400), Some("access_denied")) => return Some(Err(RegisterError::Denied)),
        (Some(429 | 500..), _) => poll.unreachable(error.retry_after(), now),
        _ if matches!(error, Error::Transport(_)) => poll.unreachable(None, now),
        _ => return Some(Err(RegisterError::Failed(error))),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{RawReply, decode};
    use crate::error::TransportError;

    /// What becomes of a flow whose server gives these answers, and when it gave the last.
    fn play(answers: &[(u16, &str)]) -> (Result<Vec<u8>, String>, u64) {
        let mut poll = DevicePoll::new(
            Duration::from_secs(5),
            Duration::from_secs(600),
            Duration::ZERO,
        );
        let (mut now, mut answers) = (Duration::ZERO, answers.iter());
        loop {
            match poll.next_step(now) {
                PollStep::Wait(wait) => now += wait,
                PollStep::Expired => return (Err("expired".into()), now.as_secs()),
                PollStep::Ask => {
                    let answer = match answers.next() {
                        Some((0, _)) | None => Err(Error::Transport(TransportError::new("away"))),
                        Some((status, body)) => decode(RawReply::new(*status).with_body(*body)),
                    };
                    if let Some(outcome) = settle(answer, &mut poll, now) {
                        let token = outcome.map(|token| token.expose().to_vec());
                        return (token.map_err(|error| error.to_string()), now.as_secs());
                    }
                }
            }
        }
    }

    const PENDING: (u16, &str) = (400, r#"{"error":"authorization_pending"}"#);
    const TOKEN: (u16, &str) = (200, r#"{"token":"abc"}"#);

    #[test]
    fn a_person_takes_their_time() {
        assert_eq!(play(&[PENDING, PENDING, TOKEN]), (Ok(b"abc".to_vec()), 15));
    }

    #[test]
    fn trouble_on_the_way_is_outlasted() {
        let slow_down = (400, r#"{"error":"slow_down"}"#);
        let (token, at) = play(&[
            slow_down,
            PENDING,
            (0, ""),
            (502, "<html>"),
            (500, "?"),
            TOKEN,
        ]);
        // 5; +10, +10; doubled to 20, 40, 60.
        assert_eq!((token.unwrap(), at), (b"abc".to_vec(), 145));
    }

    #[test]
    fn a_no_is_a_no() {
        for (answer, text) in [
            ((400, r#"{"error":"access_denied"}"#), "refused"),
            ((400, r#"{"error":"expired_token"}"#), "in time"),
            ((400, r#"{"error":"invalid_grant"}"#), "invalid_grant"),
            ((401, r#"{"error":"no"}"#), "no"),
            ((200, "{}"), "without a token"),
            ((200, r#"{"token":" "}"#), "without a token"),
        ] {
            let (outcome, at) = play(&[PENDING, answer]);
            assert!(outcome.unwrap_err().contains(text), "{text}");
            assert_eq!(at, 10);
        }
        assert_eq!(play(&[]).0.unwrap_err(), "expired");
    }
}
