//! Whatever is sent, through a real store: what stands in its files afterwards.

use std::cell::Cell;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::quarantine::Refused;
use crate::registry::COMMAND_LINE;
use crate::{NewReport, Outcome, Sender, Store, Writing};

/// Sends a body the way of every report: into the journal, or with the reasons into the quarantine.
fn send(store: &Store, kind: Kind, body: &str, cut: bool) {
    let at = Timestamp::UNIX_EPOCH;
    match decode(kind, body.as_bytes()) {
        Ok(_) => {
            let report = NewReport {
                kind,
                product: Arc::from("p"),
                sender: Sender::default(),
                received_at: at,
                reported_at: None,
                idempotency: None,
                install_key: None,
                body: body.into(),
            };
            let outcomes = store.append(&[report]).unwrap();
            assert!(matches!(outcomes[..], [Outcome::Accepted(_)]));
        }
        Err(errors) => {
            let in_path = (kind != Kind::Servers).then(|| "p".to_owned());
            let kept = if cut { body.len() / 2 } else { body.len() };
            let refused = Refused {
                at,
                kind,
                product: in_path,
                errors: serde_json::json!(errors.0).to_string(),
                body: body.as_bytes()[..kept].to_vec(),
                body_bytes: body.len() as u64,
            };
            store.quarantine(&[refused]).unwrap();
        }
    }
}

#[test]
fn whatever_is_sent_nothing_off_the_list_is_in_the_journal_or_in_the_quarantine() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Writing::Alone).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    store.allow("p", &some_names(), COMMAND_LINE, at).unwrap();
    let bodies = (any_body(), any::<bool>(), any::<bool>());
    let masks_now = Cell::new(None);
    let (stored, refused) = (Cell::new(0), Cell::new(0));
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    // The same ones each time, so that there are as many of both kinds.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, random)
        .run(&bodies, |((kind, body), masks, cut)| {
            if masks_now.replace(Some(masks)) != Some(masks) {
                let mode = if masks { Mode::Mask } else { Mode::Drop };
                store.set_allowlist("p", mode, COMMAND_LINE, at).unwrap();
            }
            let seq = store.next_seq().unwrap();
            let newest = || store.quarantined(None, 1).unwrap().pop();
            let before = newest().map_or(0, |one| one.id);
            send(&store, kind, &body, cut);
            for report in store.reports_from(seq).unwrap() {
                stored.set(stored.get() + 1);
                let json: Json = serde_json::from_slice(&report.body)
                    .map_err(|e| TestCaseError::fail(e.to_string()))?;
                prop_assert!(may_be_kept(kind, &json, masks));
            }
            if let Some(one) = newest().filter(|one| one.id > before) {
                refused.set(refused.get() + 1);
                prop_assert!(
                    !one.refused.errors.contains("ann"),
                    "{}",
                    one.refused.errors
                );
                let text = String::from_utf8(one.refused.body).unwrap();
                if !text.starts_with("(not kept: ") && !text.is_empty() {
                    let json: Json = serde_json::from_str(&text)
                        .map_err(|e| TestCaseError::fail(e.to_string()))?;
                    prop_assert!(may_be_kept(kind, &json, masks), "{text}");
                }
            }
            Ok(())
        })
        .unwrap();
    let (stored, refused) = (stored.get(), refused.get());
    assert!(
        stored > 20 && refused > 20,
        "{stored} stored, {refused} refused"
    );
}
