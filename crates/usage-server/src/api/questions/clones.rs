//! Servers that are probably several with the same ids, and why.

use usage_store::Store;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Filter, Limit, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Cell, Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/clones",
    id: "clones",
    summary: "Suspected clones, and why",
    description: "Servers active in the window under whose ids probably several report: because two hosts took \
                  turns at least twice, or because values that only grow (named ..._total or ...uptime) went down at \
                  least three times more than the server checked in at a start, and in more than a quarter of \
                  its reports. All its reports count for that, \
                  not the window’s only. The newest first; `ids` has how many there are.",
    takes: &[Product, Days { days: 30 }, Limit { or: 100 }, Filter],
    columns: &[
        Column::new(
            "server",
            Kind::Count,
            "The server’s number, as on its page.",
        ),
        Column::new("cluster_id", Kind::Text, "Its cluster’s id."),
        Column::new(
            "server_id",
            Kind::Text,
            "Its own id; null where it is its cluster’s one server.",
        ),
        Column::new(
            "organization",
            Kind::Text,
            "Whose token it reports with; null without.",
        ),
        Column::new(
            "reasons",
            Kind::Text,
            "hosts, counters, or both with a space between.",
        ),
        Column::new("host", Kind::Text, "The host of its latest check-in."),
        Column::new("other_host", Kind::Text, "The host before that."),
        Column::new(
            "host_returns",
            Kind::Count,
            "Times that its host was again the one before.",
        ),
        Column::new(
            "backwards",
            Kind::Count,
            "Usage reports in which a value that only grows had gone down.",
        ),
        Column::new("starts", Kind::Count, "Its check-ins."),
        Column::new("reports", Kind::Count, "All its reports."),
        Column::new("last_seen", Kind::Time, "When it last reported."),
    ],
    example: "limit=10",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let suspects = store.suspects(&given.asked, given.window, given.limit)?;
    let rows = suspects.into_iter().map(|one| {
        let reasons = [("hosts", one.by_hosts), ("counters", one.by_counters)];
        let reasons = reasons.into_iter().filter(|(_, is)| *is);
        let reasons: Vec<&str> = reasons.map(|(reason, _)| reason).collect();
        let [host, other_host] = one.hosts;
        vec![
            u64::from(one.id.0).into(),
            one.cluster_id.into(),
            one.server_id.into(),
            one.organization.into(),
            Cell::Text(reasons.join(" ")),
            host.into(),
            other_host.into(),
            one.host_returns.into(),
            one.backwards.into(),
            one.starts.into(),
            one.reports.into(),
            one.last_seen.into(),
        ]
    });
    Ok(rows.collect())
}
