//! From which day on an answer has everything: reports, what servers said on a day, and who was there may each be
//! kept for some days only. What was before is not in the answer, and the answer says so.

use usage_store::{Day, Result, Store, Tier};

use super::parameter::Parameter;
use super::question::Question;

/// Those that rest on the raw reports.
const REPORTS: [&str; 4] = [
    "cluster-starts",
    "reports",
    "server-reports",
    "server-starts",
];

/// Those that rest on what each server said on a day.
const SAID: [&str; 11] = [
    "cluster-stats",
    "dictionary",
    "features",
    "growing-clusters",
    "histogram",
    "largest-clusters",
    "penetration",
    "server-history",
    "server-stats",
    "value-now",
    "values",
];

/// The first day of which all is kept that a question rests on; `None` where nothing has gone yet, or where it is
/// about no days.
pub(super) fn complete_from(store: &Store, question: &Question) -> Result<Option<Day>> {
    let name = question.name();
    let has_window = |one: &Parameter| matches!(one, Parameter::Window { .. });
    if REPORTS.contains(&name) {
        store.journal_begins()
    } else if SAID.contains(&name) {
        store.tier_begins(Tier::Days)
    } else if question.takes.iter().any(has_window) {
        store.tier_begins(Tier::Cells)
    } else {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::QUESTIONS;
    use super::*;

    #[test]
    fn what_is_named_here_is_a_question_and_a_number_rests_on_what_was_said() {
        let names: Vec<&str> = QUESTIONS.iter().map(Question::name).collect();
        for name in REPORTS.iter().chain(&SAID) {
            assert!(names.contains(name), "{name}");
        }
        for question in QUESTIONS {
            let is_of_a_value = question.takes.contains(&Parameter::Value);
            assert!(
                !is_of_a_value || SAID.contains(&question.name()),
                "{}",
                question.name()
            );
        }
    }
}
