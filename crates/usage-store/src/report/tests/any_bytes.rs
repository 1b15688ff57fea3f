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

/// A map as senders of every kind write it: ids of every type, keys again, text that is too long.
fn map() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "a",
        "b",
        "cluster_id",
        "os",
        "server_id",
        "version",
        "\\u006fs",
    ]);
    let long = format!("\"{}\"", "x".repeat(limits::NAME_BYTES_MAX + 1));
    let longest = format!("\"{}\"", "x".repeat(limits::TEXT_BYTES_MAX + 1));
    let item = prop_oneof![
        40 => prop::sample::select(vec!["\"a\"", "\"\"", "\" \"", "\"\\u0041\"", "7", "-1.5", "0.30000000000000004", "-0.0", "9223372036854775808", "-9223372036854775809", " true ", "false", "null", "\n-0\t", "[ ]"])
            .prop_map(str::to_owned),
        2 => prop::sample::select(vec!["null", "[1]", "{\"a\":[]}", "1e999", "1e2", "00", "1.", "-", "- 1", "\"\t\"", "truer", "\u{b}1", "\"\\ud800\""])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec![long, longest]),
    ];
    prop::collection::vec((key, item), 0..5).prop_map(|entries| {
        let entries: Vec<String> = entries
            .iter()
            .map(|(key, item)| format!("\"{key}\":{item}"))
            .collect();
        format!("{{{}}}", entries.join(","))
    })
}

proptest! {
    #[test]
    fn checking_says_what_reading_says(
        elements in prop::collection::vec(
            prop::collection::vec(
                (
                    prop_oneof![9 => Just("values"), 6 => Just("tags"), 1 => Just("more")],
                    prop_oneof![19 => map(), 1 => Just("null".to_owned()), 1 => Just("[]".to_owned())],
                ),
                0..4,
            ),
            0..3,
        ),
    ) {
        let elements: Vec<String> = elements
            .iter()
            .map(|element| {
                let maps: Vec<String> =
                    element.iter().map(|(name, map)| format!("\"{name}\":{map}")).collect();
                format!("{{{}}}", maps.join(","))
            })
            .collect();
        let mut body = vec![2];
        body.extend(format!("[{}]", elements.join(",")).bytes());
        crate::fuzzing::report(&body);
    }

    #[test]
    fn bytes_never_panic(body in any::<Vec<u8>>()) {
        for kind in 0..3 {
            crate::fuzzing::report(&[&[kind], &body[..]].concat());
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
        prop_assert_eq!(&decode_slowly(Kind::Usage, usage.as_bytes()).unwrap(), &decoded);
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
