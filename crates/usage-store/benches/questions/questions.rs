//! The questions, each as we are asked it and as SQL over rows. Both give one number, so that the answers
//! can be compared.

use std::time::{Duration, Instant};

use usage_store::query::{Asked, By, Filter, Per, Window};
use usage_store::{Result, Store};

use crate::build::{Data, LAST_DAY};
use crate::options::Options;

/// A question.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    ask: fn(&Store, &Asked) -> Result<f64>,
    /// Over `r`, and `last` for the last day.
    pub(crate) sql: &'static str,
}

/// What came of it.
pub(crate) struct Answer {
    pub(crate) name: &'static str,
    pub(crate) cold: Duration,
    pub(crate) warm: Duration,
    pub(crate) answer: f64,
}

/// Times a warm question is asked; the median counts.
const WARM: usize = 21;

/// All hundred days.
fn all() -> Window {
    Window::last(100, LAST_DAY)
}

fn only(asked: &Asked, dimensions: &[(&str, &str)]) -> Asked {
    let dimensions = dimensions
        .iter()
        .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
    Asked {
        filter: Filter {
            dimensions: dimensions.collect(),
            ..Filter::default()
        },
        ..asked.clone()
    }
}

fn servers(store: &Store, asked: &Asked, per: Per) -> Result<f64> {
    let rows = store.active(asked, all(), per)?;
    Ok(rows.iter().map(|row| row.heads.servers as f64).sum())
}

/// Every question.
pub(crate) const QUESTIONS: &[Question] = &[
    Question {
        name: "active servers, 100 days",
        ask: |store, asked| servers(store, asked, Per::Day),
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT server) AS n FROM r GROUP BY day)",
    },
    Question {
        name: "active clusters, 100 days",
        ask: |store, asked| {
            let rows = store.active(asked, all(), Per::Day)?;
            Ok(rows.iter().map(|row| row.heads.clusters as f64).sum())
        },
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT cluster) AS n FROM r GROUP BY day)",
    },
    Question {
        name: "active by version, 100 days",
        ask: |store, asked| {
            let by = By::Dimension("version".to_owned());
            let rows = store.active_by(asked, all(), Per::Day, &by, 10)?;
            Ok(rows.iter().map(|row| row.heads.servers as f64).sum())
        },
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT server) AS n FROM r GROUP BY day, version)",
    },
    Question {
        name: "active, one filter",
        ask: |store, asked| servers(store, &only(asked, &[("os", "windows")]), Per::Day),
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT server) AS n FROM r WHERE os = 'windows' GROUP BY day)",
    },
    Question {
        name: "active, two filters",
        ask: |store, asked| {
            let asked = only(asked, &[("os", "linux"), ("arch", "arm64")]);
            servers(store, &asked, Per::Day)
        },
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT server) AS n FROM r WHERE os = 'linux' AND arch = 'arm64' GROUP BY day)",
    },
];

/// Ours, cold with a store that was just opened, then warm.
pub(crate) fn ours(data: &Data, options: &Options) -> Vec<Answer> {
    let asked = Asked::all(data.product);
    let wanted = QUESTIONS
        .iter()
        .filter(|question| options.wants(question.name));
    let answers = wanted.map(|question| {
        let store = crate::open(data);
        let ask = || {
            let began = Instant::now();
            let answer = (question.ask)(&store, &asked).expect("an answer");
            (began.elapsed(), answer)
        };
        let (cold, answer) = ask();
        let mut warm: Vec<Duration> = (0..WARM).map(|_| ask().0).collect();
        warm.sort_unstable();
        Answer {
            name: question.name,
            cold,
            warm: warm[WARM / 2],
            answer,
        }
    });
    answers.collect()
}
