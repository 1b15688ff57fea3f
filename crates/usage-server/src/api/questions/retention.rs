//! Of the servers first seen in a week or month, how many are active later.

use usage_store::Store;
use usage_store::query::limits::COHORT_PERIODS_MAX;

use crate::api::given::Given;
use crate::api::parameter::Parameter::{Cohorts, Filter, Product, Window as Days};
use crate::api::question::Question;
use crate::api::table::{Column, Kind, Row};
use crate::ingest::Refusal;

pub(super) const QUESTION: Question = Question {
    path: "/api/v1/query/retention",
    id: "retention",
    summary: "Retention by the week or month of being first seen",
    description: "Exact. A cohort are the servers that were first seen in a week or month of the window, by a \
                  report that was on time. Shows how many of them are active (reported anything) in that period and in each \
                  later one of the window; the last may not be over. A filter on a dimension is held against a \
                  server on the day it was first seen; it stays in its cohort whatever becomes of it.",
    takes: &[Product, Days { days: 84 }, Cohorts, Filter],
    columns: &[
        Column::new(
            "cohort_from",
            Kind::Day,
            "The first day of the cohort’s period.",
        ),
        Column::new(
            "cohort_to",
            Kind::Day,
            "The last day of the cohort’s period.",
        ),
        Column::new("servers", Kind::Count, "Servers in the cohort."),
        Column::new(
            "after",
            Kind::Count,
            "How many periods later; 0 is the cohort’s own.",
        ),
        Column::new("from", Kind::Day, "The first day of that period."),
        Column::new("to", Kind::Day, "The last day of that period."),
        Column::new(
            "active",
            Kind::Count,
            "Servers of the cohort that are active then.",
        ),
        Column::new(
            "share",
            Kind::Share,
            "Their part of the cohort, from 0 to 1.",
        ),
    ],
    example: "per=month",
    answer,
};

fn answer(store: &Store, given: &Given) -> Result<Vec<Row>, Refusal> {
    let (asked, window, per) = (&given.asked, given.window, given.per);
    if window.periods(per).len() > COHORT_PERIODS_MAX {
        let most = format!("at most {COHORT_PERIODS_MAX} {}s at once", per.name());
        return Err(Refusal::field("from", most));
    }
    let retained = store.retention(asked, window, per)?;
    let rows = retained.into_iter().map(|one| {
        let share = one.share();
        vec![
            one.cohort.from.into(),
            one.cohort.to.into(),
            one.servers.into(),
            u64::from(one.after).into(),
            one.period.from.into(),
            one.period.to.into(),
            one.active.into(),
            share.into(),
        ]
    });
    Ok(rows.collect())
}
