//! The data that the pages show: the fleet of the questions' bench up to yesterday, the same of today, and a
//! little of what it doesn't have. It is copied for each run, as a server changes what it serves.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use usage_store::quarantine::Refused;
use usage_store::report::Kind;
use usage_store::{Day, NewReport, Sender, Store, Writing};

use crate::build::{self, PRODUCT, Wanted};
use crate::fleet::{DAYS, Fleet, ORGANIZATIONS};
use crate::folder::Folder;
use crate::options::Options;

/// Data that ends earlier is made again: pages show the last days, and those would be empty.
const OLDEST_DAYS: i32 = 7;

/// Reports in one commit.
const COMMIT: usize = 1_000;

/// Refused reports.
const REFUSED: usize = 2_000;

/// A data folder of its own with the data.
pub(crate) fn folder(options: &Options) -> Folder {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = format!("pages-{}", options.servers);
    let noted = target.join(&name).join("last-day");
    let yesterday = Day::of(Timestamp::now()).plus(-1);
    let last_day = std::fs::read_to_string(&noted)
        .ok()
        .and_then(|day| Some(Day(day.trim().parse().ok()?)))
        .filter(|day| (0..=OLDEST_DAYS).contains(&(yesterday.0 - day.0)));
    let data = build::made(&Wanted {
        name,
        servers: options.servers,
        last_day: last_day.unwrap_or(yesterday),
        rows: false,
        anew: options.anew || last_day.is_none(),
        rebuild: false,
    });
    if last_day.is_none() {
        std::fs::write(&noted, yesterday.0.to_string()).expect("room");
    }
    println!("{} reports of {} servers", data.reports, options.servers);
    let folder = Folder::within(target);
    std::fs::create_dir_all(folder.data()).expect("a folder");
    for file in ["usage.db", "model.db"] {
        std::fs::copy(data.store.join(file), folder.data().join(file)).expect("a copy");
    }
    let store = Store::open(&folder.data(), Writing::Alone).expect("the store");
    add_today(&store, options.servers).expect("room");
    add_the_rest(&store).expect("room");
    while store.pack_columns(None).expect("packed") {}
    folder
}

/// What the fleet has reported today: as on its last day, up to now.
fn add_today(store: &Store, servers: u32) -> usage_store::Result<()> {
    let now = Timestamp::now();
    let today = Day::of(now).start();
    let so_far = now.duration_since(today).as_millis();
    let organizations =
        (1..=ORGANIZATIONS).map(|n| store.organization(&format!("Organization {n}"), now));
    let organizations: Vec<_> = organizations.collect::<usage_store::Result<_>>()?;
    let last = Fleet::new(servers).filter(|row| row.day == DAYS - 1);
    let mut reports = Vec::new();
    for row in last.filter(|row| i128::from(row.at) < so_far) {
        let mut body = String::new();
        row.body(&mut body);
        let at = today + SignedDuration::from_millis(row.at.into());
        let mut report = report(Kind::Usage, body, at);
        let organization = row.organization.checked_sub(1);
        report.sender.organization = organization.map(|n| organizations[n as usize]);
        reports.push(report);
    }
    for commit in reports.chunks(COMMIT) {
        store.append(commit)?;
    }
    while store.apply()? > 0 {}
    Ok(())
}

/// Hosts, stats, what was refused; the product is the operators'.
fn add_the_rest(store: &Store) -> usage_store::Result<()> {
    let now = Timestamp::now();
    store.adopt_products(&[PRODUCT], now)?;
    let mut reports = Vec::new();
    for n in 1..=500 {
        let ids = format!(r#""cluster_id":"c{n}","server_id":"s{n}","product":"{PRODUCT}""#);
        reports.push(report(
            Kind::Servers,
            format!(r#"{{{ids},"host":"host-{n}","version":"2.5.1"}}"#),
            now,
        ));
        reports.push(report(
            Kind::Stats,
            format!(
                r#"{{{ids},"stats":[{{"name":"runtime","tags":null,"values":{{"heap":{n},"goroutines":9}}}}]}}"#
            ),
            now,
        ));
    }
    store.append(&reports)?;
    while store.apply()? > 0 {}
    let refused = (0..REFUSED).map(|n| Refused {
        at: now,
        kind: Kind::Usage,
        product: Some(format!("product-{}", n % 40)),
        errors: format!(r#"{{"body[{}]":["is not an object"]}}"#, n % 7),
        body: format!("[{n}]").into_bytes(),
        body_bytes: 8,
    });
    store.quarantine(&refused.collect::<Vec<_>>())
}

fn report(kind: Kind, body: String, at: Timestamp) -> NewReport {
    NewReport {
        kind,
        product: PRODUCT.into(),
        sender: Sender::default(),
        received_at: at,
        reported_at: None,
        idempotency: None,
        install_key: None,
        body: body.into_bytes(),
    }
}
