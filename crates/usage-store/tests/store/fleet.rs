//! A small world for the stories: a data folder, and reports as programs send them.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;
use usage_store::query::{Asked, By, Group, Per, ProductId, Window};
use usage_store::registry::OrganizationId;
use usage_store::report::{Kind, decode};
use usage_store::{
    Day, Idempotency, NewReport, Outcome, Sender, Store, StoredReport, Tier, Writing,
};

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Writing::Alone).unwrap();
        World { store, folder }
    }

    /// Each value of a dimension and the servers whose latest usage report of the day had it, the largest first.
    pub(crate) fn shares(
        &self,
        product: ProductId,
        dimension: &str,
        day: Day,
    ) -> Vec<(String, u64)> {
        let by = By::Dimension(dimension.to_owned());
        let (asked, window) = (Asked::all(product), Window::last(1, day));
        let parts = self.store.parts(&asked, window, &by, 500).unwrap();
        let named = parts.into_iter().filter_map(|part| match part.group {
            Group::Named(name) => Some((name, part.servers)),
            Group::Other => Some(("(other)".to_owned(), part.servers)),
            Group::Without => None,
        });
        let mut shares: Vec<(String, u64)> = named.filter(|(_, servers)| *servers > 0).collect();
        shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        shares
    }

    /// Active servers of each day.
    pub(crate) fn active(&self, product: ProductId, from: Day, to: Day) -> Vec<u64> {
        let (asked, window) = (Asked::all(product), Window { from, to });
        let active = self.store.active(&asked, window, Per::Day).unwrap();
        active.into_iter().map(|one| one.heads.servers).collect()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Closes the store, as the end of the process does, and opens it again.
    pub(crate) fn restart(self) -> World {
        self.restart_after(|_| ())
    }

    /// The same, with something done to the folder meanwhile.
    pub(crate) fn restart_after(self, meanwhile: impl FnOnce(&Path)) -> World {
        let World { store, folder } = self;
        drop(store);
        meanwhile(folder.path());
        let store = Store::open(folder.path(), Writing::Alone).unwrap();
        World { store, folder }
    }

    pub(crate) fn append(&self, report: NewReport) -> Outcome {
        self.store.append(&[report]).unwrap()[0]
    }

    pub(crate) fn apply_all(&self) {
        while self.store.apply().unwrap() > 0 {}
    }

    /// Packs all numbers that wait.
    pub(crate) fn pack_all(&self) {
        while self.store.pack_columns(Some(Day(i32::MAX))).unwrap() {}
    }

    /// Folds all days, so that few values of a dimension are told apart.
    pub(crate) fn fold_all(&self, top: usize) {
        while self.store.fold_day(Day(i32::MAX), top).unwrap() {}
    }

    /// Takes all before a day out of a tier.
    pub(crate) fn age_all(&self, tier: Tier, before: i64) {
        while self.store.age(tier, Day::of(noon(before))).unwrap() {}
        self.store.forget_unused().unwrap();
    }

    pub(crate) fn journal(&self) -> Vec<StoredReport> {
        let (mut all, mut next) = (Vec::new(), 0);
        loop {
            let reports = self.store.reports_from(next).unwrap();
            let Some(last) = reports.last() else {
                return all;
            };
            next = last.seq + 1;
            all.extend(reports);
        }
    }
}

/// Makes `model.db` what an older program left: of its second schema.
pub(crate) fn without_questions(folder: &Path) -> Connection {
    let db = Connection::open(folder.join("model.db")).unwrap();
    for table in [
        "cluster",
        "number_key",
        "day_numbers",
        "day_chunk",
        "column",
        "stat_day",
        "day_state",
        "fold",
        "doubted",
        "tiers",
        "server_change",
    ] {
        db.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    db.execute_batch("DROP INDEX server_census").unwrap();
    db.execute_batch("DROP INDEX server_server_id").unwrap();
    for column in [
        "server DROP COLUMN cluster",
        "server DROP COLUMN reports",
        "server DROP COLUMN starts",
        "server DROP COLUMN prev_host",
        "server DROP COLUMN host_returns",
        "server DROP COLUMN backwards",
        "dimension DROP COLUMN first_day",
        "dimension DROP COLUMN seen",
        "applied DROP COLUMN step",
        "applied DROP COLUMN rules",
        "applied DROP COLUMN emptied_at",
        "applied DROP COLUMN changes_from",
        "applied DROP COLUMN forgotten",
        "kept DROP COLUMN known_seq",
        "kept DROP COLUMN known_element",
    ] {
        db.execute_batch(&format!("ALTER TABLE {column}")).unwrap();
    }
    db.execute_batch(
        "DELETE FROM cell WHERE dimension = 0 AND value > 1;
         UPDATE day SET cells = substr(cells, 9);
         PRAGMA user_version = 2",
    )
    .unwrap();
    db
}

/// Noon of a day in the autumn of 2026.
pub(crate) fn noon(day: i64) -> Timestamp {
    let first: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(24 * day)
}

pub(crate) fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

/// A usage report as Kapacitor sends it.
pub(crate) fn usage(cluster: &str, server: &str, version: &str, at: Timestamp) -> NewReport {
    let body = format!(
        r#"[{{"tags":{{"version":"{version}","os":"linux"}},"values":{{"cluster_id":"{cluster}","server_id":"{server}","num_tasks":5}}}}]"#
    );
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

pub(crate) fn check_in(cluster: &str, server: &str, version: &str, at: Timestamp) -> NewReport {
    let body = format!(
        r#"{{"cluster_id":"{cluster}","server_id":"{server}","host":"{server}.example.com","product":"kapacitor","version":"{version}"}}"#
    );
    report(Kind::Servers, "kapacitor", body.into_bytes(), at)
}

pub(crate) fn report(kind: Kind, product: &str, body: Vec<u8>, at: Timestamp) -> NewReport {
    decode(kind, &body).expect("the stories' reports are right");
    NewReport {
        kind,
        product: Arc::from(product),
        sender: Sender::default(),
        received_at: at,
        reported_at: None,
        idempotency: None,
        install_key: None,
        body,
    }
}

pub(crate) fn under(mut report: NewReport, organization: OrganizationId) -> NewReport {
    report.sender.organization = Some(organization);
    report
}

pub(crate) fn keyed(mut report: NewReport, key: u8) -> NewReport {
    report.idempotency = Some(Idempotency {
        key: Some([key; 16]),
        digest: [key; 16],
        came_at: report.received_at,
    });
    report
}

pub(crate) fn made(mut report: NewReport, at: Timestamp) -> NewReport {
    report.reported_at = Some(at);
    report
}
