//! Lists of servers, clusters and organizations, page by page there and back, beside a plain sort of rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rusqlite::Connection;
use usage_store::query::lists::{List, Listed, Place, Sort, State, Turn};
use usage_store::query::{ACTIVE_WITHIN, Asked, Per, ProductId, Window};

use super::sql::{Sql, VERSIONS};
use crate::fleet::*;

/// A server as the table has it.
#[derive(Debug, Clone)]
struct Row {
    id: u64,
    ids: (String, String, i64),
    cluster: u64,
    organization: Option<String>,
    host: Option<String>,
    version: Option<String>,
    first_seen: Option<i64>,
    last_seen: i64,
}

/// What is sorted by: times and numbers, or a version.
#[derive(Debug, Clone, PartialEq)]
enum By {
    Number(i64),
    Text(String),
    Version(String),
}

const SEARCHES: [&str; 8] = ["", "c0", "S1", " 1.", "acm", "EXAMPLE", "zzz", "s"];

const STATES: [State; 4] = [State::All, State::Active, State::Silent, State::Once];

/// Lists of the window, sorted in every way.
pub(super) fn compare(world: &World, rows: &Sql, asked: &Asked, window: Window) {
    let all = table(world);
    let counted = if asked.filter.dimensions.is_empty() {
        "SELECT DISTINCT sid FROM active WHERE {fits} AND day BETWEEN ?1 AND ?2"
    } else {
        "SELECT sid FROM (
             SELECT *, row_number() OVER (PARTITION BY sid ORDER BY day DESC) AS n
             FROM posted WHERE day BETWEEN ?1 AND ?2
         ) WHERE n = 1 AND {fits}"
    };
    let days = [window.from.0, window.to.0];
    let counted = rows.ask(counted, &asked.filter, Per::Day, &days);
    let once = rows.ask("SELECT sid FROM once", &asked.filter, Per::Day, &[]);
    let in_lines = |lines: &[String], row: &Row| {
        let (cluster, server, organization) = &row.ids;
        lines.contains(&format!(
            "{:?}",
            format!("{cluster}/{server}/{organization}")
        ))
    };
    let counted: Vec<Row> = all
        .iter()
        .filter(|row| in_lines(&counted, row))
        .cloned()
        .collect();
    let now = noon(window.to.0.into()) - hours(24 * i64::from(super::day(0).0));
    let sorts = [
        Sort::LastSeen,
        Sort::FirstSeen,
        Sort::Version,
        Sort::Host,
        Sort::Servers,
        Sort::Name,
    ];
    for (n, sort) in sorts.into_iter().enumerate() {
        for descending in [false, true] {
            let turn = n + usize::from(descending) + all.len();
            let mut list = List {
                asked: asked.clone(),
                window,
                search: SEARCHES[turn % SEARCHES.len()].to_owned(),
                state: STATES[(turn / 2) % STATES.len()],
                cluster: None,
                sort: sort.clone(),
                descending,
                turn: Turn::First,
                limit: 1 + turn % 3,
                now,
            };
            let since = (now - ACTIVE_WITHIN).as_millisecond();
            let found: Vec<&Row> = counted
                .iter()
                .filter(|row| finds(list.search.trim(), row))
                .collect();
            if !matches!(sort, Sort::Servers | Sort::Name) {
                let wanted = found.iter().filter(|row| match list.state {
                    State::Active => row.last_seen >= since,
                    State::Silent => row.last_seen < since,
                    State::Once => in_lines(&once, row),
                    _ => true,
                });
                let expected = wanted.map(|row| (server_by(row, &sort), row.id)).collect();
                must_page(&mut list, expected, |list| {
                    let page = world.store.list_servers(list).unwrap();
                    page_of(&page, |row| {
                        (row.place.clone(), u64::from(row.summary.id.0))
                    })
                });
            }
            if !matches!(sort, Sort::Host | Sort::Name) {
                let of: Vec<&Row> = match list.state {
                    State::Once => counted.iter().filter(|row| in_lines(&once, row)).collect(),
                    _ => counted.iter().collect(),
                };
                let mut clusters: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
                for row in of {
                    clusters.entry(row.cluster).or_default().push(row);
                }
                clusters.retain(|_, rows| {
                    let active = rows.iter().any(|row| row.last_seen >= since);
                    rows.iter()
                        .any(|row| found.iter().any(|found| found.id == row.id))
                        && match list.state {
                            State::Active => active,
                            State::Silent => !active,
                            _ => true,
                        }
                });
                let expected = clusters
                    .iter()
                    .map(|(id, rows)| (cluster_by(rows, &sort), *id))
                    .collect();
                must_page(&mut list, expected, |list| {
                    let page = world.store.list_clusters(list).unwrap();
                    for row in &page.rows {
                        let servers = &clusters[&u64::from(row.cluster)];
                        let active = servers.iter().filter(|row| row.last_seen >= since);
                        assert_eq!(row.servers, servers.len() as u64);
                        assert_eq!(row.active, active.count() as u64);
                        assert_eq!(row.cluster_id, servers[0].ids.0);
                        assert_eq!(row.organization, servers[0].organization);
                    }
                    page_of(&page, |row| (row.place.clone(), u64::from(row.cluster)))
                });
            }
            if matches!(sort, Sort::Servers | Sort::Name | Sort::LastSeen) {
                organizations(world, &mut list, &all, &counted);
            }
        }
    }
}

/// All known servers.
fn table(world: &World) -> Vec<Row> {
    let db = Connection::open(world.path().join("model.db")).unwrap();
    db.execute(
        "ATTACH ?1 AS usage",
        [world.path().join("usage.db").to_str().unwrap()],
    )
    .unwrap();
    let mut query = db
        .prepare(
            "SELECT server.id, cluster_id, server_id, organization, name, host, version, first_seen, last_seen, cluster
             FROM server LEFT JOIN usage.organization ON organization.id = server.organization
             WHERE last_seen IS NOT NULL ORDER BY server.id",
        )
        .unwrap();
    let rows = query.query_map([], |row| {
        Ok(Row {
            id: row.get::<_, i64>(0)? as u64,
            ids: (row.get(1)?, row.get(2)?, row.get(3)?),
            organization: row.get(4)?,
            host: row.get(5)?,
            version: row.get(6)?,
            first_seen: row.get(7)?,
            last_seen: row.get(8)?,
            cluster: row.get::<_, i64>(9)? as u64,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn finds(text: &str, row: &Row) -> bool {
    let begins = [&row.ids.0, &row.ids.1].iter().any(|id| {
        let written = [text.to_owned(), text.to_lowercase(), text.to_uppercase()];
        written.iter().any(|text| id.starts_with(text))
    });
    let text = text.to_lowercase();
    let has = |of: &Option<String>| {
        of.as_ref()
            .is_some_and(|of| of.to_lowercase().contains(&text))
    };
    begins || has(&row.host) || has(&row.version) || has(&row.organization)
}

fn server_by(row: &Row, sort: &Sort) -> Option<By> {
    match sort {
        Sort::FirstSeen => row.first_seen.map(By::Number),
        Sort::Version => row.version.clone().map(By::Version),
        Sort::Host => row.host.clone().map(By::Text),
        _ => Some(By::Number(row.last_seen)),
    }
}

fn cluster_by(rows: &[&Row], sort: &Sort) -> Option<By> {
    match sort {
        Sort::Servers => Some(By::Number(rows.len() as i64)),
        Sort::FirstSeen => rows
            .iter()
            .filter_map(|row| row.first_seen)
            .min()
            .map(By::Number),
        Sort::Version => {
            let versions = rows
                .iter()
                .filter_map(|row| row.version.clone().map(By::Version));
            versions.max_by(plain)
        }
        _ => rows.iter().map(|row| row.last_seen).max().map(By::Number),
    }
}

fn plain(one: &By, other: &By) -> Ordering {
    match (one, other) {
        (By::Number(one), By::Number(other)) => one.cmp(other),
        (By::Text(one), By::Text(other)) => one.cmp(other),
        (By::Version(one), By::Version(other)) => {
            let rank = |text: &str| VERSIONS.iter().find(|row| row.0 == text).unwrap().1;
            rank(one).cmp(&rank(other)).then_with(|| one.cmp(other))
        }
        _ => panic!("{one:?} {other:?}"),
    }
}

struct Page {
    rows: Vec<(Place, u64)>,
    ahead: u64,
    total: u64,
}

fn page_of<T>(page: &Listed<T>, of: impl Fn(&T) -> (Place, u64)) -> Page {
    Page {
        rows: page.rows.iter().map(of).collect(),
        ahead: page.ahead,
        total: page.total,
    }
}

/// From the first page to the last, and back.
#[track_caller]
fn must_page(list: &mut List, mut expected: Vec<(Option<By>, u64)>, ask: impl Fn(&List) -> Page) {
    expected.sort_by(|(one, id), (other, other_id)| {
        let by = match (one, other) {
            (Some(one), Some(other)) if list.descending => plain(other, one),
            (Some(one), Some(other)) => plain(one, other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        };
        by.then(id.cmp(other_id))
    });
    let expected: Vec<u64> = expected.into_iter().map(|(_, id)| id).collect();
    let about = format!("{list:?}");
    let mut found: Vec<u64> = Vec::new();
    let mut last = None;
    list.turn = Turn::First;
    loop {
        let page = ask(list);
        assert_eq!(
            (page.ahead, page.total),
            (found.len() as u64, expected.len() as u64),
            "{about}"
        );
        found.extend(page.rows.iter().map(|(_, id)| *id));
        assert_eq!(found[..], expected[..found.len()], "{about}");
        let Some((place, _)) = page.rows.last() else {
            break;
        };
        // As a link has it.
        let place = Place::read(&place.to_string()).unwrap();
        last = Some(page.rows[0].0.clone());
        list.turn = Turn::After(place);
    }
    assert_eq!(found, expected, "{about}");
    while let Some(place) = last {
        let behind = expected.iter().position(|id| *id == place.number).unwrap();
        list.turn = Turn::Before(place);
        let page = ask(list);
        let rows: Vec<u64> = page.rows.iter().map(|(_, id)| *id).collect();
        let from = behind.saturating_sub(list.limit);
        assert_eq!(rows, expected[from..behind], "{about}");
        assert_eq!(
            (page.ahead, page.total),
            (from as u64, expected.len() as u64),
            "{about}"
        );
        last = page.rows.first().map(|(place, _)| place.clone());
    }
    list.turn = Turn::First;
}

fn organizations(world: &World, list: &mut List, all: &[Row], counted: &[Row]) {
    let text = list.search.trim().to_lowercase();
    let only = list.asked.filter.organization;
    let mut expected = Vec::new();
    for (id, name) in [(1, "Acme"), (2, "Umbrella")] {
        let wanted = name.to_lowercase().contains(&text) && only.is_none_or(|only| only.0 == id);
        let own: Vec<&Row> = all.iter().filter(|row| row.ids.2 == id).collect();
        if !wanted || own.is_empty() {
            continue;
        }
        let servers = counted.iter().filter(|row| row.ids.2 == id).count();
        let by = match list.sort {
            Sort::Name => Some(By::Text(name.to_lowercase())),
            Sort::Servers => Some(By::Number(servers as i64)),
            _ => own.iter().map(|row| row.last_seen).max().map(By::Number),
        };
        expected.push((by, (id as u64) << 32 | world.product().0 as u64));
    }
    must_page(list, expected, |list| {
        let page = world.store.list_organizations(list).unwrap();
        page_of(&page, |row| (row.place.clone(), row.place.number))
    });
    // Of all products, those without any are there, too.
    list.asked.product = ProductId(0);
    if only.is_none() && text.is_empty() {
        let page = world.store.list_organizations(list).unwrap();
        assert_eq!(page.total, 2);
    }
    list.asked.product = world.product();
}

#[test]
fn a_page_of_a_list_is_found_by_indexes() {
    let world = World::new();
    world.append(usage("c", "s", "1.9", noon(0)));
    world.apply_all();
    let db = Connection::open(world.path().join("model.db")).unwrap();
    let usage = world.path().join("usage.db");
    db.execute("ATTACH ?1 AS usage", [usage.to_str().unwrap()])
        .unwrap();
    for (name, query) in [
        ("row", include_str!("../../../sql/sqlite/lists/row.sql")),
        (
            "server",
            include_str!("../../../sql/sqlite/lists/server.sql"),
        ),
        (
            "by_cluster_id",
            include_str!("../../../sql/sqlite/lists/by_cluster_id.sql"),
        ),
        (
            "by_server_id",
            include_str!("../../../sql/sqlite/lists/by_server_id.sql"),
        ),
        (
            "since",
            include_str!("../../../sql/sqlite/changes/since.sql"),
        ),
        (
            "first",
            include_str!("../../../sql/sqlite/changes/first.sql"),
        ),
        (
            "last_total",
            include_str!("../../../sql/sqlite/changes/last_total.sql"),
        ),
    ] {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let parameters = vec!["1"; plan.parameter_count()];
        let steps: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        // The two ends of a table are found by its key, in order and one row long.
        let is_an_end = ["first", "last_total"].contains(&name);
        let scans = |step: &&String| {
            step.contains("TEMP B-TREE") || (step.starts_with("SCAN") && !is_an_end)
        };
        assert_eq!(steps.iter().find(scans), None, "{name}: {steps:?}");
        if name.starts_with("by_") {
            let covered = |step: &String| step.contains("COVERING INDEX") && step.contains(">?");
            assert!(steps.iter().any(covered), "{name}: {steps:?}");
        }
    }
}
