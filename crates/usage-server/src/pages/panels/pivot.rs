//! From an answer's rows to series: a row for each period and group becomes a series for each group.

use std::cmp::Ordering;

use usage_store::Day;
use usage_store::query::compare_versions;

use crate::api::Answered;
use crate::chart::{Paint, Series, Time, Unit};

/// What the API calls the groups that it doesn't tell apart.
pub(in super::super) const OTHER: &str = "(other)";

/// What stands where there is none.
pub(in super::super) const NONE: &str = "(none)";

/// The answer over time: the numbers of this column, a series for each group in the order of the answer, or the
/// newest first where they are versions; those without a name and the others last. Without groups one series with
/// no name.
pub(in super::super) fn over_time(answer: &Answered, column: &str, unit: Unit) -> Time {
    let mut periods: Vec<(Day, Day)> = Vec::new();
    let mut groups: Vec<Option<String>> = Vec::new();
    for row in &answer.rows {
        let (Some(from), Some(to)) = (answer.day(row, "from"), answer.day(row, "to")) else {
            continue;
        };
        if periods.last() != Some(&(from, to)) {
            periods.push((from, to));
        }
        let group = answer.text(row, "group").map(str::to_owned);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let place = |group: &Option<String>| match group.as_deref() {
        Some(OTHER) => 2,
        None => 1,
        Some(_) => 0,
    };
    if are_versions(&groups) {
        groups.sort_by(|one, other| newest_first(one.as_deref(), other.as_deref()));
    }
    groups.sort_by_key(place);
    // A group that is missing in a period had nobody in it.
    let mut values = vec![vec![Some(0.0); periods.len()]; groups.len()];
    let mut at = 0;
    for row in &answer.rows {
        let from = answer.day(row, "from");
        while periods.get(at).is_some_and(|(day, _)| Some(*day) != from) {
            at += 1;
        }
        let group = answer.text(row, "group");
        let which = groups.iter().position(|one| one.as_deref() == group);
        if let Some(cell) = which.and_then(|which| values.get_mut(which)?.get_mut(at)) {
            *cell = answer.number(row, column);
        }
    }
    // A window may begin long before the first report.
    let is_known = |at: &usize| values.iter().any(|one| one.get(*at) != Some(&Some(0.0)));
    let first = (0..periods.len()).find(is_known).unwrap_or(0);
    periods.drain(..first);
    for one in &mut values {
        one.drain(..first);
    }
    let alone = groups.len() == 1 && answer.given.by.is_none() && answer.given.dimension.is_empty();
    let mut colours = 0..;
    let series = groups.into_iter().zip(values).map(|(group, values)| {
        let paint = match group.as_deref() {
            Some(OTHER) => Paint::Other,
            None if !alone => Paint::Other,
            _ => Paint::Series(colours.next().unwrap_or(0)),
        };
        let name = match group {
            None if alone => String::new(),
            None => NONE.to_owned(),
            Some(name) if name.is_empty() => "(blank)".to_owned(),
            Some(name) => name,
        };
        Series {
            name,
            paint,
            values,
        }
    });
    Time {
        series: series.collect(),
        unit,
        open: is_open(answer, &periods),
        marks: Vec::new(),
        periods,
    }
}

/// By the order of versions; what is none comes last.
fn newest_first(one: Option<&str>, other: Option<&str>) -> Ordering {
    let [one, other] = [one, other].map(Option::unwrap_or_default);
    let is_none = |text| compare_versions(text, text).is_none();
    match compare_versions(other, one) {
        Some(order) => order,
        None => is_none(one).cmp(&is_none(other)),
    }
}

/// Whether there are several and nearly all can be put in order.
fn are_versions(groups: &[Option<String>]) -> bool {
    let named = groups.iter().flatten().filter(|name| *name != OTHER);
    let named: Vec<&String> = named.collect();
    let known = named
        .iter()
        .filter(|name| name.contains('.') && compare_versions(name, name).is_some());
    named.len() > 1 && known.count() * 2 > named.len()
}

/// Whether the last period isn't over.
pub(in super::super) fn is_open(answer: &Answered, periods: &[(Day, Day)]) -> bool {
    let today = Day::of(answer.given.now);
    periods.last().is_some_and(|(_, to)| to.0 >= today.0)
}
