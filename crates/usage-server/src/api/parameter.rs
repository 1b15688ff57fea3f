//! What may be said with a question: the names in the query string, and how each is described.

use serde_json::{Value, json};
use usage_store::query::limits::{TOP_MAX, WINDOW_MAX_DAYS};

use super::listed;

/// What a question takes. Each but `Filter` is one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// `product`: its name.
    Product,
    /// `product`: its name; all where nothing is said.
    AnyProduct,
    /// `product`: the same, also one of which nothing was ever accepted.
    AnyName,
    /// `from` and `to`, or `days`: a window; so many days where nothing is said.
    Window { days: i32 },
    /// `filter[DIMENSION]`, `who`, `organization`, `cluster`, `clones`, `once`: which servers count.
    Filter,
    /// `per`: day, week or month.
    Per,
    /// `per`: week or month, in which servers were first seen.
    Cohorts,
    /// `by`: groups, where it is said.
    By,
    /// `by`: groups; of this dimension where nothing is said.
    Groups { or: &'static str },
    /// `top`: how many groups.
    Top { most: usize },
    /// `dimension`: one dimension's name; this where nothing is said, and needed where that is empty.
    Dimension { or: &'static str },
    /// `value`: a numeric value's name.
    Value,
    /// `hours`: how long nothing was heard.
    Hours { or: u32 },
    /// `limit`: rows at most.
    Limit { or: usize },
    /// `server`: a server's number.
    Server,
    /// `cluster`: a cluster's id, as it reports it.
    Cluster,
    /// `cluster`: the same; all where nothing is said.
    AnyCluster,
    /// `search`, `sort`, `order`, `after`, `before`, and `value` where that is one of these to sort by; the first
    /// of them where nothing is said.
    List { by: &'static [&'static str] },
    /// `state`: which servers by when they reported.
    State,
    /// `before`: reports from before this one.
    Before,
    /// `group`: reports refused alike; all where nothing is said.
    Group,
}

const GROUPS: &str = "Groups: by a dimension’s values, by `@organization`, or by `@who`.";

impl Parameter {
    /// The names that it has in the query string.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Parameter::Product | Parameter::AnyProduct | Parameter::AnyName => &["product"],
            Parameter::Window { .. } => &["from", "to", "days"],
            Parameter::Filter => &[
                "filter[DIMENSION]",
                "who",
                "organization",
                "cluster",
                "clones",
                "once",
            ],
            Parameter::Per | Parameter::Cohorts => &["per"],
            Parameter::By | Parameter::Groups { .. } => &["by"],
            Parameter::Top { .. } => &["top"],
            Parameter::Dimension { .. } => &["dimension"],
            Parameter::Value => &["value"],
            Parameter::Hours { .. } => &["hours"],
            Parameter::Limit { .. } => &["limit"],
            Parameter::Server => &["server"],
            Parameter::Cluster | Parameter::AnyCluster => &["cluster"],
            Parameter::List { by } => listed::names(by),
            Parameter::State => &["state"],
            Parameter::Before => &["before"],
            Parameter::Group => &["group"],
        }
    }

    /// How each is described in the API's document.
    pub(super) fn described(self) -> Vec<Value> {
        let text = || json!({"type": "string", "minLength": 1});
        let day = || json!({"type": "string", "format": "date"});
        let one_of = |words: &[&str]| json!({"type": "string", "enum": words});
        match self {
            Parameter::Product => vec![in_query(
                "product",
                true,
                "The product's name, as it reports it.",
                text(),
            )],
            Parameter::AnyProduct | Parameter::AnyName => vec![in_query(
                "product",
                false,
                "The product's name, as it reports it. Without it all products.",
                text(),
            )],
            Parameter::Window { days } => vec![
                in_query(
                    "from",
                    false,
                    &format!(
                        "The first day, UTC. Without it {days} days end with `to`. At most {WINDOW_MAX_DAYS} days."
                    ),
                    day(),
                ),
                in_query(
                    "to",
                    false,
                    "The last day, UTC, included. Without it today, which isn’t over.",
                    day(),
                ),
                in_query(
                    "days",
                    false,
                    "How many days end with `to`, instead of `from`.",
                    json!({"type": "integer", "minimum": 1, "maximum": WINDOW_MAX_DAYS}),
                ),
            ],
            Parameter::Filter => vec![
                json!({
                    "name": "filter",
                    "in": "query",
                    "style": "deepObject",
                    "explode": true,
                    "description": "Only servers with this value of a dimension: `filter[os]=linux`. The same dimension again: any of the values; another dimension: both.",
                    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                }),
                in_query(
                    "who",
                    false,
                    "With or without a token.",
                    one_of(&["all", "anonymous", "organizations"]),
                ),
                in_query(
                    "organization",
                    false,
                    "Only servers of the organization with this number.",
                    json!({"type": "integer", "minimum": 1, "maximum": i64::from(u32::MAX)}),
                ),
                in_query(
                    "cluster",
                    false,
                    "Only servers of clusters with this id, as they report it.",
                    text(),
                ),
                in_query(
                    "clones",
                    false,
                    "Whether suspected clones count.",
                    one_of(&["in", "out"]),
                ),
                in_query(
                    "once",
                    false,
                    "Whether ids count that reported once and never again.",
                    one_of(&["in", "out"]),
                ),
            ],
            Parameter::Per => vec![in_query(
                "per",
                false,
                "Days, ISO weeks or months; the first and the last period of the window are taken whole.",
                one_of(&["day", "week", "month"]),
            )],
            Parameter::Cohorts => vec![in_query(
                "per",
                false,
                "ISO weeks or months; the first and the last of the window are taken whole. Weeks where nothing is said.",
                one_of(&["week", "month"]),
            )],
            Parameter::By => vec![in_query("by", false, GROUPS, text())],
            Parameter::Groups { or } => vec![in_query(
                "by",
                false,
                &format!("{GROUPS} `{or}` where nothing is said."),
                text(),
            )],
            Parameter::Top { most } => vec![in_query(
                "top",
                false,
                &format!(
                    "How many groups are told apart, the largest over the window; the others are one. {most} where nothing is said."
                ),
                json!({"type": "integer", "minimum": 1, "maximum": TOP_MAX}),
            )],
            Parameter::Dimension { or } => {
                let default = if or.is_empty() {
                    String::new()
                } else {
                    format!(" `{or}` where nothing is said.")
                };
                vec![in_query(
                    "dimension",
                    or.is_empty(),
                    &format!("The dimension’s name.{default}"),
                    text(),
                )]
            }
            Parameter::Value => vec![in_query("value", true, "The numeric value’s name.", text())],
            Parameter::Hours { or } => vec![in_query(
                "hours",
                false,
                &format!("Hours. {or} where nothing is said."),
                json!({"type": "integer", "minimum": 1, "maximum": 24 * 366}),
            )],
            Parameter::Limit { or } => vec![in_query(
                "limit",
                false,
                &format!("Rows at most. {or} where nothing is said."),
                json!({"type": "integer", "minimum": 1, "maximum": TOP_MAX}),
            )],
            Parameter::Server => vec![in_query(
                "server",
                true,
                "The server’s number, as on its page.",
                json!({"type": "integer", "minimum": 1, "maximum": u32::MAX}),
            )],
            Parameter::Cluster => vec![in_query(
                "cluster",
                true,
                "The cluster’s id, as it reports it.",
                text(),
            )],
            Parameter::AnyCluster => vec![in_query(
                "cluster",
                false,
                "Only servers of clusters with this id, as they report it.",
                text(),
            )],
            Parameter::List { by } => listed::described(by),
            Parameter::State => vec![listed::state()],
            Parameter::Before => vec![in_query(
                "before",
                false,
                "Only reports from before the one with this number.",
                json!({"type": "integer", "minimum": 1}),
            )],
            Parameter::Group => vec![in_query(
                "group",
                false,
                "Only reports that were refused alike, as `quarantine` names them. Without it all.",
                text(),
            )],
        }
    }
}

pub(super) fn in_query(name: &str, required: bool, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": required, "description": description, "schema": schema})
}
