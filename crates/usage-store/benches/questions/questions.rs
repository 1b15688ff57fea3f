//! The questions, each as we are asked it and as SQL over rows. Both give one number, so that the answers
//! can be compared.

use std::time::{Duration, Instant};

use usage_store::query::limits::TOP_MAX;
use usage_store::query::lists::{List, Sort, State, Turn};
use usage_store::query::{Asked, By, Far, Filter, Order, Per, Window};
use usage_store::report::Number;
use usage_store::{Day, NewReport, Result, Sender, Store};

use crate::build::Data;
use crate::options::Options;

/// The last day of the history: the same in every run, as the peers' rows are.
pub(crate) const LAST_DAY: Day = Day(20_779);

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
    pub(crate) after_step: Option<Duration>,
    pub(crate) answer: f64,
}

/// Times a warm question is asked; the median counts.
const WARM: usize = 21;

/// Times a question is asked after a step, each time after another; the median counts.
const STEPS: usize = 5;

/// Reports of a step: what comes within a moment.
const STEP_REPORTS: usize = 500;

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
    Question {
        name: "shares of versions, 7 days",
        ask: |store, asked| {
            let by = By::Dimension("version".to_owned());
            let parts = store.parts(asked, Window::last(7, LAST_DAY), &by, 1_000)?;
            Ok(parts.iter().map(|part| squared(part.servers)).sum())
        },
        sql: "SELECT sum(n * n) FROM (SELECT count(*) AS n FROM (SELECT arg_max(version, day) AS version FROM r WHERE day > (SELECT max(day) FROM r) - 7 GROUP BY server) GROUP BY version)",
    },
    Question {
        name: "adoption of versions, 100 days",
        ask: |store, asked| {
            let by = By::Dimension("version".to_owned());
            let parts = store.adoption(asked, all(), Per::Day, &by, 1_000)?;
            Ok(parts.iter().map(|part| squared(part.servers)).sum())
        },
        sql: "SELECT sum(n * n) FROM (SELECT count(DISTINCT server) AS n FROM r GROUP BY day, version)",
    },
    Question {
        name: "releases, days to 50 %",
        ask: |store, asked| {
            let releases = store.releases(asked, all(), "version", 1_000)?;
            let days = releases.iter().filter_map(|release| release.days_to[1]);
            Ok(days.map(f64::from).sum())
        },
        sql: "WITH v AS (SELECT day, string_split(version, '.')::INT[] AS version, count(DISTINCT server) AS n FROM r GROUP BY ALL), of AS (SELECT day, sum(n) AS n FROM v GROUP BY day), f AS (SELECT version, min(day) AS day FROM v GROUP BY version), beyond AS (SELECT f.version, f.day AS first, v.day, sum(v.n) AS n FROM f JOIN v ON v.version >= f.version AND v.day >= f.day GROUP BY ALL) SELECT sum(days) FROM (SELECT min(beyond.day) - min(first) AS days FROM beyond JOIN of USING (day) WHERE beyond.n * 2 >= of.n GROUP BY version)",
    },
    Question {
        name: "versions behind the newest",
        ask: |store, asked| {
            let behind = store.behind(asked, Window::last(7, LAST_DAY), "version")?;
            let far = behind.iter().map(|one| match one.far {
                Far::Releases { count, .. } => f64::from(count) * one.servers as f64,
                _ => 0.0,
            });
            Ok(far.sum())
        },
        sql: "WITH v AS (SELECT string_split(arg_max(version, day), '.')::INT[] AS version FROM r WHERE day > (SELECT max(day) FROM r) - 7 GROUP BY server) SELECT sum(n * behind) FROM (SELECT count(*) AS n, row_number() OVER (ORDER BY version DESC) - 1 AS behind FROM v GROUP BY version)",
    },
    Question {
        name: "upgrades and downgrades, 100 days",
        ask: |store, asked| {
            let days = store.upgrades(asked, all(), Per::Day, "version")?;
            let moved = days
                .iter()
                .map(|day| day.upgraded + day.downgraded + day.otherwise);
            Ok(moved.sum::<u64>() as f64)
        },
        sql: "SELECT count(*) FROM (SELECT version <> lag(version) OVER (PARTITION BY server ORDER BY day) AS moved FROM r) WHERE moved",
    },
    Question {
        name: "new, returning and gone, 100 days",
        ask: |store, asked| {
            let days = store.lifecycle(asked, all(), Per::Day)?;
            Ok(days.iter().map(|day| day.new + day.returned).sum::<u64>() as f64)
        },
        sql: "SELECT count(*) FROM (SELECT day - lag(day) OVER (PARTITION BY server ORDER BY day) AS gap FROM (SELECT DISTINCT server, day FROM r)) WHERE gap IS NULL OR gap > 1",
    },
    Question {
        name: "retention by week",
        ask: |store, asked| {
            let rows = store.retention(asked, all(), Per::Week)?;
            Ok(rows.iter().map(|row| row.active).sum::<u64>() as f64)
        },
        sql: "SELECT count(*) FROM (SELECT DISTINCT server, day - (day + 3) % 7 FROM r)",
    },
    Question {
        name: "ids seen once, 100 days",
        ask: |store, asked| {
            let days = store.steadiness(asked, all(), Per::Day)?;
            Ok(days.iter().map(|day| day.once).sum::<u64>() as f64)
        },
        sql: "SELECT count(*) FROM (SELECT server FROM r GROUP BY server HAVING count(*) = 1)",
    },
    Question {
        name: "values per day, 100 days",
        ask: |store, asked| per_day(store, asked, None),
        sql: "SELECT sum(series) + sum(m) FROM (SELECT sum(series) AS series, quantile_disc(series, 0.5) AS m FROM r GROUP BY day)",
    },
    Question {
        name: "values per day, two filters",
        ask: |store, asked| {
            let asked = only(asked, &[("os", "linux"), ("arch", "arm64")]);
            per_day(store, &asked, None)
        },
        sql: "SELECT sum(series) + sum(m) FROM (SELECT sum(series) AS series, quantile_disc(series, 0.5) AS m FROM r WHERE os = 'linux' AND arch = 'arm64' GROUP BY day)",
    },
    Question {
        name: "values per day by version",
        ask: |store, asked| per_day(store, asked, Some(&By::Dimension("version".to_owned()))),
        sql: "SELECT sum(series) + sum(m) FROM (SELECT sum(series) AS series, quantile_disc(series, 0.5) AS m FROM r GROUP BY day, version)",
    },
    Question {
        name: "a value now, and its histogram",
        ask: |store, asked| {
            let spread = store.spread(asked, "num_series", Window::last(7, LAST_DAY), None)?;
            let summary = spread.first().and_then(|spread| spread.summary);
            Ok(summary.map_or(0.0, |summary| summary.sum.as_f64()))
        },
        sql: "SELECT sum(series) FROM (SELECT arg_max(series, day) AS series FROM r WHERE day > (SELECT max(day) FROM r) - 7 GROUP BY server)",
    },
    Question {
        name: "use of a feature, 100 days",
        ask: |store, asked| {
            let days = store.penetration(asked, "uptime", all())?;
            Ok(days.iter().map(|day| day.using as f64).sum())
        },
        sql: "SELECT sum(n) FROM (SELECT count(DISTINCT server) AS n FROM r WHERE uptime > 0 GROUP BY day)",
    },
    Question {
        name: "largest clusters by a value",
        ask: |store, asked| {
            let window = Window::last(30, LAST_DAY);
            let clusters = store.clusters_by(asked, "num_series", window, Order::Largest, 20)?;
            Ok(clusters.iter().map(|cluster| cluster.value.as_f64()).sum())
        },
        sql: "SELECT sum(v) FROM (SELECT sum(series) AS v FROM (SELECT cluster, arg_max(series, day) AS series FROM r WHERE day > (SELECT max(day) FROM r) - 7 GROUP BY server, cluster) GROUP BY cluster ORDER BY v DESC LIMIT 20)",
    },
    Question {
        name: "clusters that went silent",
        ask: |store, asked| {
            let since = LAST_DAY.plus(-1).start();
            let window = Window::last(30, LAST_DAY);
            let silent = store.silent_clusters(asked, window, since, TOP_MAX)?;
            let millis = silent
                .iter()
                .map(|one| one.last_seen.as_millisecond() as f64);
            Ok(millis.sum())
        },
        sql: "SELECT sum(t) FROM (SELECT max(day * 86400000 + \"at\") AS t FROM r WHERE day > (SELECT max(day) FROM r) - 30 GROUP BY cluster HAVING max(day) < (SELECT max(day) FROM r) - 1 ORDER BY t DESC LIMIT 1000)",
    },
    Question {
        name: "one server’s 100 days",
        ask: |store, asked| {
            let newest = store.servers(asked.product, None, 1)?;
            let Some(server) = newest.first() else {
                return Ok(0.0);
            };
            let days = store.server_days(server.id, all())?;
            Ok(days.iter().filter(|day| day.active).count() as f64)
        },
        sql: "SELECT count(DISTINCT day) FROM r WHERE server = (SELECT server FROM (SELECT server, min(day * 86400000 + \"at\") AS f FROM r GROUP BY server ORDER BY f DESC LIMIT 1))",
    },
    Question {
        name: "a page of servers, by last report",
        ask: |store, asked| {
            let page = store.list_servers(&list(asked, Sort::LastSeen, ""))?;
            Ok(page.total as f64)
        },
        sql: "SELECT count(DISTINCT server) FROM r",
    },
    Question {
        name: "a page of servers, by version",
        ask: |store, asked| {
            let page = store.list_servers(&list(asked, Sort::Version, ""))?;
            Ok(page.total as f64)
        },
        sql: "SELECT count(DISTINCT server) FROM r",
    },
    Question {
        name: "a page of servers, by an id's beginning",
        ask: |store, asked| {
            let page = store.list_servers(&list(asked, Sort::LastSeen, "1"))?;
            Ok((page.total > 0).into())
        },
        sql: "SELECT count(DISTINCT server) > 0 FROM r",
    },
    Question {
        name: "a page of clusters, by last report",
        ask: |store, asked| {
            let page = store.list_clusters(&list(asked, Sort::LastSeen, ""))?;
            Ok(page.total as f64)
        },
        sql: "SELECT count(DISTINCT cluster) FROM r",
    },
    Question {
        name: "a page of servers that are silent",
        ask: |store, asked| {
            let list = List {
                state: State::Silent,
                ..list(asked, Sort::LastSeen, "")
            };
            Ok(store.list_servers(&list)?.total as f64)
        },
        sql: "SELECT count(*) FROM (SELECT server FROM r GROUP BY server HAVING max(day * 86400000 + \"at\") < (SELECT max(day) FROM r) * 86400000 - 43200000)",
    },
    Question {
        name: "a page of organizations",
        ask: |store, asked| {
            let page = store.list_organizations(&list(asked, Sort::Servers, ""))?;
            Ok(page.total as f64)
        },
        sql: "SELECT count(DISTINCT organization) FROM r WHERE organization > 0",
    },
    Question {
        name: "a page of servers, by a value",
        ask: |store, asked| {
            let by = Sort::Value("num_series".to_owned());
            Ok(store.list_servers(&list(asked, by, ""))?.total as f64)
        },
        sql: "SELECT count(DISTINCT server) FROM r",
    },
];

/// The first page of a list over all hundred days.
fn list(asked: &Asked, sort: Sort, search: &str) -> List {
    List {
        asked: asked.clone(),
        window: all(),
        search: search.to_owned(),
        state: State::All,
        cluster: None,
        sort,
        descending: true,
        turn: Turn::First,
        limit: 50,
        now: LAST_DAY.plus(1).start(),
    }
}

/// So that it is told apart from another spread of as many.
fn squared(servers: u64) -> f64 {
    (servers * servers) as f64
}

fn per_day(store: &Store, asked: &Asked, by: Option<&By>) -> Result<f64> {
    let days = store.values(asked, "num_series", all(), by.map(|by| (by, 1_000)))?;
    let summaries = days.iter().filter_map(|day| day.summary);
    Ok(summaries
        .map(|summary| summary.sum.as_f64() + float(summary.median))
        .sum())
}

fn float(number: Number) -> f64 {
    match number {
        Number::Int(n) => n as f64,
        Number::UInt(n) => n as f64,
        Number::Float(n) => n,
    }
}

/// Ours, cold with a store that was just opened, then warm.
pub(crate) fn ours(data: &Data, options: &Options) -> Vec<Answer> {
    let asked = Asked::all(data.product);
    let wanted = QUESTIONS
        .iter()
        .filter(|question| options.wants(question.name));
    if options.steps {
        // Those of the step are no longer seen once.
        step(&crate::open(data));
    }
    let answers = wanted.map(|question| {
        let store = crate::open(data);
        let ask = || {
            let began = Instant::now();
            let answer = (question.ask)(&store, &asked).expect("an answer");
            (began.elapsed(), answer)
        };
        let (cold, answer) = ask();
        let warm = median((0..WARM).map(|_| ask().0));
        let after_step = options.steps.then(|| {
            let times = (0..STEPS).map(|_| {
                step(&store);
                let (took, again) = ask();
                assert_eq!(again, answer, "{}", question.name);
                took
            });
            median(times)
        });
        Answer {
            name: question.name,
            cold,
            warm,
            after_step,
            answer,
        }
    });
    answers.collect()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The newest reports come again, and the read model takes them in.
fn step(store: &Store) {
    let newest = store.newest_reports(None, None, STEP_REPORTS);
    let again = newest.expect("reports").into_iter().rev();
    let again: Vec<NewReport> = again
        .map(|report| NewReport {
            kind: report.kind,
            product: report.product,
            sender: Sender {
                organization: report.organization,
                token: None,
            },
            received_at: report.received_at,
            reported_at: report.reported_at,
            idempotency: None,
            install_key: None,
            body: report.body,
        })
        .collect();
    store.append(&again).expect("appended");
    while store.apply().expect("applied") > 0 {}
}
