//! The data, made once and kept in cargo's folder: the store, by the way of every report, and the
//! same as rows for the peers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use usage_store::query::ProductId;
use usage_store::registry::OrganizationId;
use usage_store::report::Kind;
use usage_store::{Day, NewReport, Sender, Store, Writing};

use crate::fleet::{DAYS, Fleet, ORGANIZATIONS, Row};

/// The product that the fleet runs.
pub(crate) const PRODUCT: &str = "tidewater";

/// Reports in one commit.
const COMMIT: usize = 1_000;

/// What data is wanted.
pub(crate) struct Wanted {
    /// What its folder is called.
    pub(crate) name: String,
    /// Servers that are there at some time.
    pub(crate) servers: u32,
    /// The last day of the history, which is over.
    pub(crate) last_day: Day,
    /// As rows, too.
    pub(crate) rows: bool,
    /// Made again in any case.
    pub(crate) anew: bool,
    /// The read model made again, and said how long that takes.
    pub(crate) rebuild: bool,
}

impl Wanted {
    /// The day of a row, as the store counts days.
    fn day(&self, row: &Row) -> i32 {
        self.last_day.0 + 1 - (DAYS - row.day) as i32
    }
}

/// Where everything is.
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
    pub(crate) store: PathBuf,
    pub(crate) product: ProductId,
    pub(crate) reports: u64,
}

impl Data {
    /// The same as rows, where that was wanted.
    pub(crate) fn csv(&self) -> PathBuf {
        self.folder.join(CSV)
    }
}

/// The file of rows.
const CSV: &str = "rows.csv";

/// The data, made now as far as it isn't there.
pub(crate) fn made(wanted: &Wanted) -> Data {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&wanted.name);
    let (journal, done) = (folder.join("journal-done"), folder.join("done"));
    if wanted.anew && folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the old data goes");
    }
    let store = folder.join("store");
    if !journal.exists() && !done.exists() {
        let _half_made = std::fs::remove_dir_all(&store);
        std::fs::create_dir_all(&store).expect("a folder");
        make_journal(&store, wanted);
        std::fs::write(&journal, "").expect("a file");
    }
    if wanted.rows && !folder.join(CSV).exists() {
        write_rows(&folder, wanted);
    }
    let opened = Store::open(&store, Writing::Alone).expect("the store");
    if wanted.rebuild || !done.exists() {
        rebuild(&opened);
        let began = Instant::now();
        while opened
            .pack_columns(Some(wanted.last_day.plus(1)))
            .expect("packed")
        {}
        println!("columns packed in {:.1?}", began.elapsed());
        opened.checkpoint().expect("copied");
        std::fs::write(&done, "").expect("a file");
    }
    let product = opened.product_named(PRODUCT).expect("an answer");
    Data {
        product: product.expect("the product"),
        reports: opened.next_seq().expect("an answer"),
        folder,
        store,
    }
}

fn make_journal(store: &Path, wanted: &Wanted) {
    let store = Store::open(store, Writing::Alone).expect("a store");
    let began = Instant::now();
    let organizations: Vec<OrganizationId> = (1..=ORGANIZATIONS)
        .map(|n| {
            let name = format!("Organization {n}");
            let made = store.organization(&name, Timestamp::now());
            made.expect("an organization")
        })
        .collect();
    let product: Arc<str> = PRODUCT.into();
    let (mut batch, mut body, mut reports) = (Vec::with_capacity(COMMIT), String::new(), 0_u64);
    for row in Fleet::new(wanted.servers) {
        let day = wanted.day(&row);
        row.body(&mut body);
        let organization = row
            .organization
            .checked_sub(1)
            .map(|n| organizations[n as usize]);
        batch.push(report(&product, organization, instant(day, row.at), &body));
        if batch.len() == COMMIT {
            reports += append(&store, &mut batch);
            if reports.is_multiple_of(1_000_000) {
                eprintln!("{reports} reports");
            }
        }
    }
    reports += append(&store, &mut batch);
    println!("made {reports} reports in {:.0?}", began.elapsed());
    let began = Instant::now();
    while store.repack().expect("re-packed") {}
    println!("re-packed in {:.0?}", began.elapsed());
}

fn write_rows(folder: &Path, wanted: &Wanted) {
    let half = folder.join("rows.half");
    let mut csv = rows(&half);
    for row in Fleet::new(wanted.servers) {
        write_row(&mut csv, &row, wanted.day(&row), &row.version()).expect("room");
    }
    csv.flush().expect("room");
    std::fs::rename(half, folder.join(CSV)).expect("renamed");
}

fn rows(path: &Path) -> BufWriter<File> {
    let mut csv = BufWriter::new(File::create(path).expect("a file"));
    writeln!(
        csv,
        "server,cluster,organization,day,at,version,os,arch,deployment,series,databases,uptime"
    )
    .expect("room");
    csv
}

fn rebuild(store: &Store) {
    let began = Instant::now();
    store.rebuild(|_, _| ()).expect("rebuilt");
    let rate = store.next_seq().expect("an answer") as f64 / began.elapsed().as_secs_f64();
    println!(
        "rebuilt in {:.1?}: {rate:.0} reports a second",
        began.elapsed()
    );
}

fn append(store: &Store, batch: &mut Vec<NewReport>) -> u64 {
    store.append(batch).expect("appended");
    let reports = batch.len() as u64;
    batch.clear();
    reports
}

fn report(
    product: &Arc<str>,
    organization: Option<OrganizationId>,
    at: Timestamp,
    body: &str,
) -> NewReport {
    NewReport {
        kind: Kind::Usage,
        product: Arc::clone(product),
        sender: Sender {
            organization,
            token: None,
        },
        received_at: at,
        reported_at: None,
        idempotency: None,
        install_key: None,
        body: body.as_bytes().to_vec(),
    }
}

fn instant(day: i32, millis: u32) -> Timestamp {
    let start = Day(day).start().as_millisecond();
    Timestamp::from_millisecond(start + i64::from(millis)).expect("in range")
}

fn write_row(csv: &mut impl Write, row: &Row, day: i32, version: &str) -> std::io::Result<()> {
    writeln!(
        csv,
        "{},{},{},{day},{},{version},{},{},{},{},{},{}",
        row.server,
        row.cluster,
        row.organization,
        row.at,
        row.os,
        row.arch,
        row.deployment,
        row.series,
        row.databases,
        row.uptime
    )
}
