//! Each question asked of the store, and of rows in plain SQL: the same lines.

use usage_store::Day;
use usage_store::query::{Asked, By, Change, Far, Filter, Group, Heads, Per, Window};

use super::sql::{Lines, Sql, whole};
use super::version;
use crate::fleet::World;

/// Groups that are told apart in the answers that are compared: all.
const ALL: usize = 1_000;

/// Asks everything, and asks it of rows.
pub(super) fn compare(world: &World, filter: &Filter, per: Per, window: Window) {
    let asked = Asked {
        product: world.product(),
        filter: filter.clone(),
    };
    let question = Question {
        world,
        rows: Sql::of(world),
        asked,
        per,
        window,
    };
    question.active();
    question.parts();
    question.releases();
    question.behind();
    question.upgrades();
    question.lifecycle();
    question.retention();
    question.ids();
    super::numbers::compare(world, &question.rows, &question.asked, window);
    super::listing::compare(world, &question.rows, &question.asked, window);
}

struct Question<'a> {
    world: &'a World,
    rows: Sql,
    asked: Asked,
    per: Per,
    window: Window,
}

impl Question<'_> {
    /// Our answer has the lines that the query has for the window's whole periods, as ?1 and ?2.
    #[track_caller]
    fn must_be(&self, mut ours: Lines, query: &str) {
        ours.sort();
        let days = whole(self.window, self.per);
        self.must_be_of(ours, query, self.per, &days);
    }

    #[track_caller]
    fn must_be_of(&self, mut ours: Lines, query: &str, per: Per, numbers: &[i32]) {
        ours.sort();
        let theirs = self.rows.ask(query, &self.asked.filter, per, numbers);
        let (filter, window) = (&self.asked.filter, self.window);
        assert_eq!(ours, theirs, "{query}\n{filter:?}\n{per:?} {window:?}");
    }

    fn active(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let active = store.active(asked, self.window, self.per).unwrap();
        let active = active.iter().filter(|one| one.heads.servers > 0);
        let line = |day: Day, heads: Heads| {
            let (servers, clusters) = (heads.servers, heads.clusters);
            format!(
                "{} | {servers} | {clusters} | {}",
                day.0, heads.organizations
            )
        };
        self.must_be(
            active.map(|one| line(one.period.from, one.heads)).collect(),
            "SELECT {p}, count(DISTINCT sid), count(DISTINCT cid), count(DISTINCT nullif(organization, 0))
             FROM active WHERE {fits} AND day BETWEEN ?1 AND ?2 GROUP BY 1",
        );
        let by = store
            .active_by(asked, self.window, self.per, &version(), ALL)
            .unwrap();
        let by = by.iter().filter(|one| one.heads.servers > 0);
        self.must_be(
            by.map(|one| {
                let heads = line(one.period.from, one.heads);
                format!("{} | {heads}", name(&one.group))
            })
            .collect(),
            "SELECT version, {p}, count(DISTINCT sid), count(DISTINCT cid), count(DISTINCT nullif(organization, 0))
             FROM active WHERE {fits} AND day BETWEEN ?1 AND ?2 GROUP BY 1, 2",
        );
    }

    fn parts(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        for (by, column) in [
            (version(), "version"),
            (By::Dimension("os".to_owned()), "os"),
            (
                By::Who,
                "CASE organization WHEN 0 THEN 'anonymous' ELSE 'organizations' END",
            ),
            (
                By::Organization,
                "CASE organization WHEN 1 THEN 'Acme' WHEN 2 THEN 'Umbrella' END",
            ),
        ] {
            let parts = store.parts(asked, self.window, &by, ALL).unwrap();
            let of: u64 = parts.iter().map(|part| part.servers).sum();
            assert!(parts.iter().all(|part| part.of == of), "{parts:?}");
            self.must_be_of(
                parts
                    .iter()
                    .map(|part| format!("{} | {}", name(&part.group), part.servers))
                    .collect(),
                &format!(
                    "SELECT {column}, count(*) FROM (
                         SELECT *, row_number() OVER (PARTITION BY sid ORDER BY day DESC) AS n
                         FROM posted WHERE day BETWEEN ?1 AND ?2
                     ) WHERE n = 1 AND {{fits}} GROUP BY 1"
                ),
                self.per,
                &[self.window.from.0, self.window.to.0],
            );
            let parts = store
                .adoption(asked, self.window, self.per, &by, ALL)
                .unwrap();
            let parts = parts.iter().filter(|part| part.servers > 0);
            self.must_be(
                parts
                    .map(|part| {
                        let (group, from) = (name(&part.group), part.period.from.0);
                        format!("{from} | {group} | {} | {}", part.servers, part.of)
                    })
                    .collect(),
                &format!(
                    "SELECT p, {column}, count(*), sum(count(*)) OVER (PARTITION BY p) FROM (
                         SELECT *, {{p}} AS p, row_number() OVER (PARTITION BY {{p}}, sid ORDER BY day DESC) AS n
                         FROM posted WHERE day BETWEEN ?1 AND ?2
                     ) WHERE n = 1 AND {{fits}} GROUP BY 1, 2"
                ),
            );
        }
    }

    fn releases(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let releases = store.releases(asked, self.window, "version", ALL).unwrap();
        let reached = "(SELECT min(day) - f.day FROM (
             SELECT day FROM v WHERE day >= f.day GROUP BY day
             HAVING 100 * sum(CASE WHEN rank >= f.rank THEN 1 ELSE 0 END) >= {} * count(*)))";
        let reached = ["10", "50", "90"].map(|part| reached.replace("{}", part));
        let or = |days: Option<u32>| days.map_or("-".to_owned(), |days| days.to_string());
        self.must_be_of(
            releases
                .iter()
                .map(|one| {
                    let [a, b, c] = one.days_to.map(or);
                    let (version, first) = (&one.version, one.first_seen.0);
                    let is = i32::from(one.is_version);
                    format!("{version:?} | {is} | {first} | {a} | {b} | {c} | {} | {}", one.servers, one.of)
                })
                .collect(),
            &format!(
                "WITH v AS (SELECT * FROM posted LEFT JOIN rank USING (version) WHERE {{fits}} AND day <= ?2),
                 f AS (SELECT version, rank, min(day) AS day, max(day) AS last FROM v
                       WHERE version IS NOT NULL GROUP BY version),
                 now AS (SELECT * FROM (
                     SELECT *, row_number() OVER (PARTITION BY sid ORDER BY day DESC) AS n
                     FROM posted WHERE day BETWEEN ?2 - 6 AND ?2
                 ) WHERE n = 1 AND {{fits}})
                 SELECT version, rank IS NOT NULL, day, {}, {}, {},
                        (SELECT count(*) FROM now WHERE now.version = f.version), (SELECT count(*) FROM now)
                 FROM f WHERE last >= ?1",
                reached[0], reached[1], reached[2]
            ),
            Per::Day,
            &[self.window.from.0, self.window.to.0],
        );
    }

    fn behind(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let behind = store.behind(asked, self.window, "version").unwrap();
        let behind = behind.iter().filter(|one| one.servers > 0);
        self.must_be_of(
            behind
                .map(|one| {
                    let far = match &one.far {
                        Far::Releases { count, .. } => count.to_string(),
                        Far::NoVersion => "\"none\"".to_owned(),
                        Far::Other => "\"other\"".to_owned(),
                        Far::Without => "\"without\"".to_owned(),
                    };
                    format!("{far} | {} | {}", one.servers, one.of)
                })
                .collect(),
            "WITH now AS (SELECT * FROM (
                 SELECT *, row_number() OVER (PARTITION BY sid ORDER BY day DESC) AS n
                 FROM posted WHERE day BETWEEN ?1 AND ?2
             ) LEFT JOIN rank USING (version) WHERE n = 1)
             SELECT CASE WHEN version IS NULL THEN 'without' WHEN rank IS NULL THEN 'none'
                    ELSE (SELECT count(DISTINCT newer.rank) FROM now AS newer
                          WHERE newer.is_release AND newer.rank > now.rank) END,
                    count(*), sum(count(*)) OVER ()
             FROM now WHERE {fits} GROUP BY 1",
            Per::Day,
            &[self.window.from.0, self.window.to.0],
        );
    }

    fn upgrades(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let moved = "WITH now AS (SELECT * FROM (
                 SELECT *, {p} AS p, row_number() OVER (PARTITION BY {p}, sid ORDER BY day DESC) AS n
                 FROM posted WHERE day BETWEEN ?1 AND ?2
             ) WHERE n = 1 AND {fits}),
             moved AS (SELECT p, sid, version AS new, (
                 SELECT before.version FROM posted AS before
                 WHERE before.sid = now.sid AND before.day >= p - 90 AND before.day < p
                 ORDER BY before.day DESC LIMIT 1) AS old
             FROM now),
             told AS (SELECT p, old, new, coalesce(
                 (SELECT CASE WHEN b.rank > a.rank THEN 'up' WHEN b.rank < a.rank THEN 'down' END
                  FROM rank AS a, rank AS b WHERE a.version = old AND b.version = new), 'other') AS change
             FROM moved WHERE old <> new)";
        let paths = store
            .upgrade_paths(asked, self.window, self.per, "version", ALL)
            .unwrap();
        self.must_be(
            paths
                .iter()
                .map(|path| {
                    let (old, new) = (name(&path.old), name(&path.new));
                    let change = match path.change {
                        Change::Upgrade => "up",
                        Change::Downgrade => "down",
                        Change::Otherwise => "other",
                    };
                    format!(
                        "{} | {old} | {new} | {change:?} | {}",
                        path.period.from.0, path.servers
                    )
                })
                .collect(),
            &format!("{moved} SELECT p, old, new, change, count(*) FROM told GROUP BY 1, 2, 3"),
        );
        let upgrades = store
            .upgrades(asked, self.window, self.per, "version")
            .unwrap();
        let changed = upgrades
            .iter()
            .filter(|one| one.upgraded + one.downgraded + one.otherwise > 0);
        self.must_be(
            changed
                .map(|one| {
                    let (up, down) = (one.upgraded, one.downgraded);
                    format!("{} | {up} | {down} | {}", one.period.from.0, one.otherwise)
                })
                .collect(),
            &format!(
                "{moved} SELECT p, sum(change = 'up'), sum(change = 'down'), sum(change = 'other')
                 FROM told GROUP BY 1"
            ),
        );
    }

    fn lifecycle(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        for one in store.lifecycle(asked, self.window, self.per).unwrap() {
            self.must_be_of(
                vec![format!(
                    "{} | {} | {} | {} | {} | {}",
                    one.active, one.new, one.stayed, one.returned, one.late, one.gone
                )],
                "WITH a AS (SELECT DISTINCT {p} AS p, sid FROM active WHERE {fits}),
                 new AS (SELECT {p} AS p, sid FROM active JOIN first USING (sid, day) WHERE {fits}),
                 told AS (SELECT CASE
                     WHEN (p, sid) IN new THEN 'new'
                     WHEN ({before}, sid) IN a THEN 'stayed'
                     WHEN (SELECT day FROM first WHERE first.sid = a.sid) < p THEN 'returned'
                     ELSE 'late' END AS what
                 FROM a WHERE p = ?1)
                 SELECT count(*), coalesce(sum(what = 'new'), 0), coalesce(sum(what = 'stayed'), 0),
                        coalesce(sum(what = 'returned'), 0), coalesce(sum(what = 'late'), 0),
                        (SELECT count(*) FROM (SELECT ?1 AS p) AS now JOIN a ON a.p = (
                             SELECT {before} FROM (SELECT ?1 AS p)) WHERE (?1, a.sid) NOT IN a)
                 FROM told",
                self.per,
                &[one.period.from.0],
            );
        }
    }

    fn retention(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let retained = store.retention(asked, self.window, self.per).unwrap();
        let retained = retained.iter().filter(|one| one.active > 0);
        self.must_be(
            retained
                .map(|one| {
                    let (cohort, period) = (one.cohort.from.0, one.period.from.0);
                    format!("{cohort} | {} | {period} | {}", one.servers, one.active)
                })
                .collect(),
            "WITH c AS (SELECT {p} AS p, sid FROM active JOIN first USING (sid, day)
                        WHERE {fits} AND day BETWEEN ?1 AND ?2),
             a AS (SELECT DISTINCT {p} AS p, sid FROM active WHERE {who} AND day BETWEEN ?1 AND ?2)
             SELECT c.p, (SELECT count(*) FROM c AS all_of WHERE all_of.p = c.p), a.p, count(*)
             FROM c JOIN a ON a.sid = c.sid AND a.p >= c.p GROUP BY c.p, a.p",
        );
    }

    fn ids(&self) {
        let (store, asked) = (&self.world.store, &self.asked);
        let ids = store.steadiness(asked, self.window, self.per).unwrap();
        let ids = ids.iter().filter(|one| one.servers > 0);
        self.must_be(
            ids.map(|one| {
                let (day, servers) = (one.period.from.0, one.servers);
                format!(
                    "{day} | {servers} | {} | {} | {}",
                    one.clones, one.once, one.steady
                )
            })
            .collect(),
            "SELECT {p}, count(DISTINCT sid), count(DISTINCT sid) FILTER (WHERE sid IN clone),
                    count(DISTINCT sid) FILTER (WHERE sid IN once),
                    count(DISTINCT sid) FILTER (WHERE sid NOT IN clone AND sid NOT IN once)
             FROM active WHERE {fits} AND day BETWEEN ?1 AND ?2 GROUP BY 1",
        );
    }
}

/// A group as the rows name it.
pub(super) fn name(group: &Group) -> String {
    match group {
        Group::Named(name) => format!("{name:?}"),
        Group::Other => "(other)".to_owned(),
        Group::Without => "-".to_owned(),
    }
}
