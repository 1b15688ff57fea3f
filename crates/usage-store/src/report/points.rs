//! Reports as points: what each element says, with what is a tag and what a value of which type.
//! For whoever keeps series: the read model has observations instead.

use std::borrow::Cow;

use super::problems::Problems;
use super::{FieldErrors, Kind, Number, stats, text, usage};

/// One element of a usage report, or one series of product stats.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point<'a> {
    /// The name of a series; blank ones are `None`, and usage has none.
    pub name: Option<Cow<'a, str>>,
    /// The cluster: of a series the report's; blank ones are `None`.
    pub cluster_id: Option<Cow<'a, str>>,
    /// The server, likewise.
    pub server_id: Option<Cow<'a, str>>,
    /// Tags; sorted by key, keys unique, ids left out, and what a value says, too.
    pub tags: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Values that are a number, a boolean or a string; sorted by key, keys unique, ids left out.
    pub values: Vec<(Cow<'a, str>, Value<'a>)>,
}

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A number.
    Number(Number),
    /// A boolean.
    Bool(bool),
    /// A string.
    Text(Cow<'a, str>),
}

/// Reads a body as [`super::decode`] does; check-ins have no points.
///
/// # Errors
///
/// As [`super::decode`].
pub fn points(kind: Kind, body: &[u8]) -> Result<Vec<Point<'_>>, FieldErrors> {
    let text = text(body)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut problems = Problems::default();
    let read = match kind {
        Kind::Servers => return Ok(Vec::new()),
        Kind::Stats => stats::points(&mut json, &mut problems),
        Kind::Usage => usage::points(&mut json, &mut problems),
    };
    match read.and_then(|points| json.end().map(|()| points)) {
        Ok(points) => problems.finish().map(|()| points),
        Err(error) => Err(problems.ended_by(&error, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(points: &[Point<'_>]) -> Vec<String> {
        let one = |point: &Point<'_>| {
            let tags = point.tags.iter().map(|(key, tag)| format!("{key}={tag}"));
            let values = point.values.iter().map(|(key, value)| match value {
                Value::Number(Number::Int(n)) => format!("{key}={n}i"),
                Value::Number(Number::UInt(n)) => format!("{key}={n}u"),
                Value::Number(Number::Float(n)) => format!("{key}={n:?}"),
                Value::Bool(is) => format!("{key}={is}"),
                Value::Text(text) => format!("{key}={text:?}"),
            });
            let ids = [&point.name, &point.cluster_id, &point.server_id];
            let ids = ids.map(|id| id.as_deref().unwrap_or("-")).join("/");
            let tags = tags.collect::<Vec<_>>().join(" ");
            let values = values.collect::<Vec<_>>().join(" ");
            format!("{ids} [{tags}] {values}")
        };
        points.iter().map(one).collect()
    }

    #[test]
    fn usage_is_a_point_an_element() {
        let body = br#"[{"tags":{"os":"linux","n":"7","server_id":"s"},"values":{
            "cluster_id":42,"n":7,"f":1.5,"on":true,"name":"x","none":null,"list":[1],
            "big":18446744073709551615}},{"tags":null,"values":null}]"#;
        assert_eq!(
            written(&points(Kind::Usage, body).unwrap()),
            [
                r#"-/42/s [os=linux] big=18446744073709551615u f=1.5 n=7i name="x" on=true"#,
                "-/-/- [] "
            ]
        );
        assert_eq!(points(Kind::Usage, b"null").unwrap(), []);
    }

    #[test]
    fn stats_are_a_point_a_series_under_the_ids_of_the_report() {
        let body = br#"{"stats":[{"name":"gone"}],"cluster_id":"c","server_id":7,"stats":[
            {"name":"write","tags":{"path":"/","server_id":"other"},"values":{"ok":3,"up":false}},
            {"name":" ","values":{"n":-1}}]}"#;
        assert_eq!(
            written(&points(Kind::Stats, body).unwrap()),
            ["write/c/7 [path=/] ok=3i up=false", "-/c/7 [] n=-1i"]
        );
    }

    #[test]
    fn what_is_no_report_has_no_points() {
        let check_in =
            br#"{"cluster_id":"c","server_id":"s","host":"h","product":"p","version":"1"}"#;
        assert_eq!(points(Kind::Servers, check_in).unwrap(), []);
        for body in [r#"[{"tags":{"a":1}}]"#, "[", r#"[] []"#] {
            let wrong = points(Kind::Usage, body.as_bytes()).unwrap_err();
            assert_eq!(
                super::super::decode(Kind::Usage, body.as_bytes()),
                Err(wrong)
            );
        }
    }
}
