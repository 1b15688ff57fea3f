//! The questions in plain SQL, over rows written from the journal's own reports: slow, and told in another
//! way than the store's answers are made.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use usage_store::query::{Filter, Per, Who, Window};
use usage_store::report::Kind;

use crate::fleet::World;

/// The order of the versions that the histories have, and which are releases.
pub(super) const VERSIONS: [(&str, Option<i64>, bool); 7] = [
    ("1.9", Some(1), true),
    ("v1.9.0", Some(1), true),
    ("1.10-rc.1", Some(2), false),
    ("1.10", Some(3), true),
    ("2.0", Some(4), true),
    ("dev", None, false),
    ("", None, false),
];

const TABLES: &str = "
CREATE TABLE said AS
SELECT seq, element.key AS element, kind, organization, at, received,
       element.value -> 'values' ->> 'cluster_id' AS cluster,
       element.value -> 'values' ->> 'server_id' AS server,
       element.value -> 'tags' ->> 'version' AS version,
       element.value -> 'tags' ->> 'os' AS os,
       element.value -> 'values' ->> 'users' AS users,
       element.value -> 'values' ->> 'clustered' AS clustered,
       element.value -> 'values' ->> 'writes_total' AS total, NULL AS host
FROM report, json_each(report.body) AS element WHERE kind = 'usage'
UNION ALL
SELECT seq, 0, kind, organization, at, received, body ->> 'cluster_id', body ->> 'server_id', NULL, NULL, NULL, NULL,
       NULL, body ->> 'host'
FROM report WHERE kind = 'servers';

CREATE TABLE r AS
SELECT cluster || '/' || server || '/' || organization AS sid, cluster || '/' || server AS ids,
       cluster || '/' || organization AS cid, organization, at, at / 86400000 AS day,
       received / 86400000 > at / 86400000 AS late, seq, element, kind, version, os, users, clustered, total, host
FROM said;
CREATE INDEX r_ids ON r (ids, day);

-- Anonymous servers whose ids also report under a token that day.
CREATE TABLE shadow AS
SELECT DISTINCT a.sid, a.day FROM r AS a JOIN r AS b ON b.ids = a.ids AND b.day = a.day
WHERE a.organization = 0 AND b.organization > 0;

-- The latest usage report of each server and day.
CREATE TABLE posted AS
SELECT sid, cid, organization, day, version, os, users, clustered
FROM (
    SELECT *, row_number() OVER (PARTITION BY sid, day ORDER BY at DESC, seq DESC, element DESC) AS n
    FROM r WHERE kind = 'usage'
)
WHERE n = 1 AND (sid, day) NOT IN shadow;
CREATE INDEX posted_sid ON posted (sid, day);

-- Servers that reported anything on a day.
CREATE TABLE active AS
SELECT DISTINCT r.sid, r.cid, r.organization, r.day, posted.version, posted.os, posted.users, posted.clustered
FROM r LEFT JOIN posted ON posted.sid = r.sid AND posted.day = r.day
WHERE (r.sid, r.day) NOT IN shadow;
CREATE INDEX active_sid ON active (sid, day);

CREATE TABLE once AS SELECT sid FROM r GROUP BY sid HAVING count(*) = 1;

-- Who says something as the newest so far, in the order of the journal.
CREATE VIEW newest AS SELECT *, kind = 'usage' AS is_usage FROM (
    SELECT *, max(at) OVER (PARTITION BY sid, kind = 'usage' ORDER BY seq, element
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM r WHERE kind = 'usage' OR host IS NOT NULL
) WHERE before IS NULL OR at >= before;

-- Two hosts that took turns, or a counter that went back more often than starts explain.
CREATE TABLE clone AS
SELECT sid FROM (
    SELECT sid, host, lag(host, 2) OVER (PARTITION BY sid ORDER BY seq) AS other FROM (
        SELECT *, lag(host) OVER (PARTITION BY sid ORDER BY seq) AS same FROM newest WHERE NOT is_usage
    ) WHERE host IS NOT same
) WHERE host = other GROUP BY sid HAVING count(*) >= 2
UNION
SELECT sid FROM (
    SELECT sid, sum(total < was) AS backwards FROM (
        SELECT *, lag(total) OVER (PARTITION BY sid ORDER BY seq, element) AS was FROM newest WHERE is_usage
    ) GROUP BY sid
) JOIN (SELECT sid, sum(kind = 'servers') AS starts, count(*) AS reports FROM r GROUP BY sid) USING (sid)
WHERE backwards > starts + 2 AND 4 * backwards > reports;

CREATE TABLE first AS SELECT sid, min(at) / 86400000 AS day FROM r WHERE NOT late GROUP BY sid;
";

/// Rows of a history.
pub(super) struct Sql(Connection);

/// A line for each row of an answer.
pub(super) type Lines = Vec<String>;

impl Sql {
    /// What the journal has now.
    pub(super) fn of(world: &World) -> Sql {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE report (seq, kind, organization, at, received, body TEXT);
             CREATE TABLE rank (version, rank, is_release);",
        )
        .unwrap();
        for report in world.journal() {
            let kind = match report.kind {
                Kind::Servers => "servers",
                Kind::Stats => "stats",
                Kind::Usage => "usage",
            };
            db.execute(
                "INSERT INTO report VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    report.seq as i64,
                    kind,
                    report.organization.map_or(0, |id| id.0),
                    report.at().as_millisecond(),
                    report.received_at.as_millisecond(),
                    String::from_utf8(report.body).unwrap(),
                ],
            )
            .unwrap();
        }
        for row in VERSIONS {
            db.execute("INSERT INTO rank VALUES (?1, ?2, ?3)", row)
                .unwrap();
        }
        db.execute_batch(TABLES).unwrap();
        Sql(db)
    }

    /// The rows of a query as lines, sorted. `{fits}` in it is the filter, `{who}` the same without
    /// dimensions, `{p}` the first day of the period of `day`, `{before}` that of the period before `p`.
    pub(super) fn ask(&self, query: &str, filter: &Filter, per: Per, numbers: &[i32]) -> Lines {
        let (period, before) = match per {
            Per::Day => ("day", "(p - 1)"),
            // 1970-01-01 was a Thursday.
            Per::Week => ("((day + 3) / 7 * 7 - 3)", "(p - 7)"),
            Per::Month => (
                "(unixepoch(day * 86400, 'unixepoch', 'start of month') / 86400)",
                "(unixepoch(p * 86400, 'unixepoch', '-1 month') / 86400)",
            ),
        };
        let (who, fits) = conditions(filter);
        let query = query
            .replace("{fits}", &fits)
            .replace("{who}", &who)
            .replace("{p}", period)
            .replace("{before}", before);
        let mut query = self.0.prepare(&query).unwrap();
        let columns = query.column_count();
        let mut rows = query.query(params_from_iter(numbers)).unwrap();
        let mut lines = Lines::new();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|n| text(row.get(n).unwrap()));
            lines.push(cells.collect::<Vec<String>>().join(" | "));
        }
        lines.sort();
        lines
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Text(text) => format!("{text:?}"),
        other => panic!("{other:?}"),
    }
}

/// The filter without dimensions, and all of it.
fn conditions(filter: &Filter) -> (String, String) {
    let mut who = match filter.who {
        Who::All => "1".to_owned(),
        Who::Anonymous => "organization = 0".to_owned(),
        Who::Organizations => "organization > 0".to_owned(),
    };
    if let Some(id) = filter.organization {
        who += &format!(" AND organization = {}", id.0);
    }
    if let Some(cluster) = &filter.cluster {
        who += &format!(" AND sid LIKE '{cluster}/%'");
    }
    if filter.without_once {
        who += " AND sid NOT IN once";
    }
    if filter.without_clones {
        who += " AND sid NOT IN clone";
    }
    let dimensions = filter.dimensions.iter().map(|(name, values)| {
        let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        format!(" AND coalesce({name} IN ({}), 0)", values.join(", "))
    });
    let fits = dimensions.fold(who.clone(), |all, one| all + &one);
    (format!("({who})"), format!("({fits})"))
}

/// Whole periods as the questions take them.
pub(super) fn whole(window: Window, per: Per) -> [i32; 2] {
    [per.around(window.from).from.0, per.around(window.to).to.0]
}
