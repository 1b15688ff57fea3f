//! Whatever bytes can be: nothing panics, what Go would write is accepted.

use proptest::prelude::*;

use super::super::*;

fn json(depth: u32) -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300..1e300_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn bytes_never_panic(body in any::<Vec<u8>>()) {
        for kind in [Kind::Servers, Kind::Stats, Kind::Usage] {
            let _ = decode(kind, &body);
        }
        let _ = compact(&body);
    }

    #[test]
    fn json_never_panics_and_says_why(body in json(4)) {
        let body = body.to_string();
        for kind in [Kind::Servers, Kind::Stats, Kind::Usage] {
            if let Err(errors) = decode(kind, body.as_bytes()) {
                prop_assert!(errors.0.values().all(|messages| !messages.is_empty()));
                prop_assert!(!errors.0.is_empty());
            }
        }
    }

    #[test]
    fn what_go_would_write_is_accepted(
        tags in prop::option::of(prop::collection::btree_map(any::<String>(), any::<String>(), 0..6)),
        values in prop::option::of(prop::collection::btree_map(any::<String>(), json(3), 0..6)),
    ) {
        let element = serde_json::json!({"name": "n", "tags": tags, "values": values});
        let usage = serde_json::json!([element]).to_string();
        let decoded = decode(Kind::Usage, usage.as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let [observation] = &decoded.observations[..] else { panic!() };
        prop_assert!(observation.dimensions.windows(2).all(|pair| pair[0].0 < pair[1].0));
        prop_assert!(observation.values.windows(2).all(|pair| pair[0].0 < pair[1].0));
        prop_assert!(observation.values.iter().all(|(key, _)| observation.dimensions.iter().all(|(other, _)| other != key)));
        let stats = serde_json::json!({"cluster_id": "c", "server_id": 7, "stats": [element]}).to_string();
        prop_assert!(decode(Kind::Stats, stats.as_bytes()).is_ok());
    }

    #[test]
    fn compact_changes_nothing_but_white_space(body in json(4)) {
        let pretty = serde_json::to_string_pretty(&body).unwrap();
        let compacted = compact(pretty.as_bytes());
        prop_assert_eq!(std::str::from_utf8(&compacted).unwrap(), body.to_string());
    }
}
