//! What is counted of a server over all its reports, and what that makes of it: seen once, or suspected to
//! share its ids with another.

use crate::report::Number;

/// A host that came back as often as this is one of two.
const HOST_RETURNS_SUSPECTED: i64 = 2;

/// Counters begin again at each start; starts whose check-ins didn't arrive are allowed for.
const STARTS_UNKNOWN: i64 = 2;

/// And a server that never checks in, as InfluxDB's don't, is allowed a start now and then: where two report in
/// turn, every other report is behind the one before it.
const BACKWARDS_ONE_IN: i64 = 4;

/// Counted in the order of the journal.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Counters {
    /// Observations that were taken in.
    pub(super) reports: i64,
    /// Those that were check-ins.
    pub(super) starts: i64,
    /// The host before the one it has.
    pub(super) prev_host: Option<String>,
    /// Times that its host was again the one before.
    pub(super) host_returns: i64,
    /// Usage observations in which a value that only grows had gone down.
    pub(super) backwards: i64,
}

impl Counters {
    pub(super) fn is_once(&self) -> bool {
        self.reports == 1
    }

    /// Whether there are probably two servers with these ids.
    pub(super) fn is_clone(&self) -> bool {
        alternates(self.host_returns) || goes_back(self.backwards, self.starts, self.reports)
    }
}

/// Whether a host came back too often to be the only one.
pub(crate) fn alternates(host_returns: i64) -> bool {
    host_returns >= HOST_RETURNS_SUSPECTED
}

/// Whether values that only grow went down more often than starts explain, those unheard of too.
pub(crate) fn goes_back(backwards: i64, starts: i64, reports: i64) -> bool {
    backwards > starts + STARTS_UNKNOWN && backwards * BACKWARDS_ONE_IN > reports
}

/// Whether a value that only grows is less than `before`, the JSON of [`Latest`](super::Latest), has it. Each
/// usage report asks, so it is looked for in the text: what stands there was written by us.
pub(super) fn went_down<'a>(
    before: &str,
    values: impl IntoIterator<Item = (&'a str, Number)>,
) -> bool {
    let mut growing = values.into_iter().filter(|(key, _)| only_grows(key));
    growing.any(|(key, now)| was(before, key).is_some_and(|was| is_less(now, was)))
}

/// The number that stands behind a key: `["key",7]`. Within a text no quote stands without a backslash.
fn was(before: &str, key: &str) -> Option<Number> {
    let pair = format!("[{},", serde_json::Value::from(key));
    let (_, behind) = before.split_once(&pair)?;
    let (number, _) = behind.split_once(']')?;
    let number: serde_json::Number = serde_json::from_str(number).ok()?;
    let whole = number.as_i64().map(Number::Int);
    let whole = whole.or_else(|| number.as_u64().map(Number::UInt));
    whole.or_else(|| number.as_f64().map(Number::Float))
}

/// By their names: counters, and how long a process has run.
pub(super) fn only_grows(key: &str) -> bool {
    ["_total", "uptime", "uptime_seconds"]
        .iter()
        .any(|end| key.ends_with(end))
}

pub(super) fn is_less(now: Number, was: Number) -> bool {
    let parts = |number| match number {
        Number::Int(n) => (Some(i128::from(n)), n as f64),
        Number::UInt(n) => (Some(i128::from(n)), n as f64),
        Number::Float(n) => (None, n),
    };
    match (parts(now), parts(was)) {
        ((Some(now), _), (Some(was), _)) => now < was,
        ((_, now), (_, was)) => now < was,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_only_grow_are_known_by_their_names() {
        let before = r#"{"dimensions":[["os","linux"]],"values":[["a\"_total",5],["tasks",9],["uptime",1.5],["z_total",18446744073709551615]]}"#;
        let went = |key: &'static str, now| went_down(before, [(key, now)]);
        assert!(went("a\"_total", Number::Int(4)));
        assert!(!went("a\"_total", Number::Int(5)));
        assert!(went("a\"_total", Number::Float(4.5)));
        assert!(!went("tasks", Number::Int(1)), "may go down");
        assert!(went("uptime", Number::Int(1)));
        assert!(went("z_total", Number::UInt(u64::MAX - 1)));
        assert!(!went("new_total", Number::Int(0)));
        assert!(!went_down("broken", [("uptime", Number::Int(0))]));
    }
}
