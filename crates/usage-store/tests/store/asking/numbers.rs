//! What numbers come to, who uses a feature, and which clusters are large or grow: asked of the store, and of rows in
//! plain SQL.

use usage_store::Error;
use usage_store::query::{Asked, ClusterValue, Order, Per, Summary, Total, Window};
use usage_store::report::Number;

use super::compared::name;
use super::sql::{Lines, Sql};
use super::version;
use crate::fleet::World;

const NUMBER: &str = "users";
const ALL: usize = 1_000;

/// What a group of values comes to, of a table `v` with the rank `k` of each among `n`.
const SUMMARY: &str = "n, sum(users), min(users), min(users) FILTER (WHERE 2 * k >= n),
    min(users) FILTER (WHERE 10 * k >= 9 * n), min(users) FILTER (WHERE 100 * k >= 99 * n), max(users)";

/// Each server's latest value between two days, of a day on which it fits.
const LATEST: &str = "SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY sid ORDER BY day DESC) AS nth
    FROM posted WHERE {fits} AND users IS NOT NULL AND day BETWEEN {from} AND {to}
) WHERE nth = 1";

/// Asks everything about numbers, and asks it of rows.
pub(super) fn compare(world: &World, rows: &Sql, asked: &Asked, window: Window) {
    let question = Question {
        world,
        rows,
        asked,
        window,
    };
    match world.store.values(asked, NUMBER, window, None) {
        Ok(_) => {
            question.per_day();
            question.now();
            question.clusters();
        }
        Err(Error::NotFound(_)) => {
            let kept = "SELECT 1 FROM posted WHERE users IS NOT NULL";
            let kept = rows.ask(kept, &asked.filter, Per::Day, &[]);
            assert_eq!(kept, Lines::new());
        }
        Err(e) => panic!("{e}"),
    }
    question.penetration(NUMBER, "users > 0", "users");
    question.penetration("clustered", "clustered = 1", "clustered");
}

struct Question<'a> {
    world: &'a World,
    rows: &'a Sql,
    asked: &'a Asked,
    window: Window,
}

fn number(number: Number) -> i64 {
    match number {
        Number::Int(n) => n,
        other => panic!("{other:?}"),
    }
}

fn total(total: Total) -> i128 {
    match total {
        Total::Whole(n) => n,
        other => panic!("{other:?}"),
    }
}

fn told(one: &Summary) -> String {
    let sum = total(one.sum);
    assert_eq!(one.mean, sum as f64 / one.servers as f64);
    let [min, median, p90, p99, max] = [one.min, one.median, one.p90, one.p99, one.max].map(number);
    let servers = one.servers;
    format!("{servers} | {sum} | {min} | {median} | {p90} | {p99} | {max}")
}

impl Question<'_> {
    #[track_caller]
    fn must_be(&self, mut ours: Lines, query: &str) {
        ours.sort();
        let days = [self.window.from.0, self.window.to.0];
        let theirs = self.rows.ask(query, &self.asked.filter, Per::Day, &days);
        assert_eq!(ours, theirs, "{query}\n{:?} {:?}", self.asked, self.window);
    }

    fn per_day(&self) {
        let ask = |by| {
            let days = self.world.store.values(self.asked, NUMBER, self.window, by);
            let days = days.unwrap().into_iter();
            days.filter_map(|one| Some((one.day.0, one.group, told(&one.summary?))))
        };
        let ranked = |group: &str| {
            format!(
                "WITH v AS (SELECT day, version, users, row_number() OVER w AS k, count(*) OVER (PARTITION BY {group}) AS n
                 FROM posted WHERE {{fits}} AND users IS NOT NULL AND day BETWEEN ?1 AND ?2
                 WINDOW w AS (PARTITION BY {group} ORDER BY users))
                 SELECT {group}, {SUMMARY} FROM v GROUP BY {group}, n"
            )
        };
        let alone = ask(None).map(|(day, _, told)| format!("{day} | {told}"));
        self.must_be(alone.collect(), &ranked("day"));
        let by = version();
        let grouped = ask(Some((&by, ALL)))
            .map(|(day, group, told)| format!("{day} | {} | {told}", name(&group.unwrap())));
        self.must_be(grouped.collect(), &ranked("day, version"));
    }

    fn now(&self) {
        let store = &self.world.store;
        let spreads = store.spread(self.asked, NUMBER, self.window, None).unwrap();
        let latest = LATEST.replace("{from}", "?1").replace("{to}", "?2");
        let summaries = spreads
            .iter()
            .filter_map(|one| Some(told(one.summary.as_ref()?)));
        self.must_be(
            summaries.collect(),
            &format!(
                "WITH l AS ({latest}),
                 v AS (SELECT users, row_number() OVER (ORDER BY users) AS k, count(*) OVER () AS n FROM l)
                 SELECT {SUMMARY} FROM v GROUP BY n"
            ),
        );
        // Buckets begin at 1, 2 and 5, and mirrored; zero is its own.
        let buckets = spreads.iter().flat_map(|one| &one.buckets);
        let buckets = buckets.filter(|one| one.servers > 0);
        self.must_be(
            buckets
                .map(|one| format!("{} | {} | {}", one.from, one.to, one.servers))
                .collect(),
            &format!(
                "SELECT CASE users WHEN -2 THEN -5 WHEN -1 THEN -2 WHEN 0 THEN 0 WHEN 1 THEN 1 WHEN 5 THEN 5 ELSE 2 END,
                        CASE users WHEN -2 THEN -2 WHEN -1 THEN -1 WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 5 THEN 10 ELSE 5 END,
                        count(*)
                 FROM ({latest}) GROUP BY 1, 2"
            ),
        );
    }

    fn clusters(&self) {
        let of = |from: &str, to: &str| {
            let latest = LATEST.replace("{from}", from).replace("{to}", to);
            format!(
                "SELECT cid, count(*) AS servers, sum(users) AS total FROM ({latest}) GROUP BY cid"
            )
        };
        let (now, before) = (of("?2 - 6", "?2"), of("?1 - 6", "?1"));
        let both = format!(
            "WITH late AS ({now}), early AS ({before})
             SELECT late.servers, late.total, early.total FROM late LEFT JOIN early USING (cid)"
        );
        for (order, only) in [
            (Order::Largest, ""),
            (Order::Growing, " WHERE early.total IS NOT NULL"),
        ] {
            let store = &self.world.store;
            let clusters = store.clusters_by(self.asked, NUMBER, self.window, order, ALL);
            let clusters = clusters.unwrap();
            let by = |one: &ClusterValue| match order {
                Order::Largest => one.value.as_f64(),
                Order::Growing => one.growth(),
            };
            assert!(clusters.is_sorted_by(|one, other| by(one) >= by(other)));
            let lines = clusters.iter().map(|one| {
                let before = one.before.map_or("-".to_owned(), |n| total(n).to_string());
                format!("{} | {} | {before}", one.servers, total(one.value))
            });
            self.must_be(lines.collect(), &format!("{both}{only}"));
        }
    }

    fn penetration(&self, of: &str, used: &str, said: &str) {
        let days = match self.world.store.penetration(self.asked, of, self.window) {
            Err(Error::NotFound(_)) => Vec::new(),
            days => days.unwrap(),
        };
        let days = days.iter().filter(|one| one.saying > 0).map(|one| {
            let (day, servers) = (one.day.0, one.servers);
            format!("{day} | {servers} | {} | {}", one.saying, one.using)
        });
        self.must_be(
            days.collect(),
            &format!(
                "SELECT day, count(*), count({said}), sum(coalesce({used}, 0)) FROM active
                 WHERE {{fits}} AND day BETWEEN ?1 AND ?2 GROUP BY day HAVING count({said}) > 0"
            ),
        );
    }
}
