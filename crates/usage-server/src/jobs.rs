//! Background work: the read model follows the journal, the WAL is copied into the
//! database, what is to be forgotten is erased, full spans are re-packed, old reports and keys go.
//! Three threads; each does its work in steps so small that no commit waits long, and what takes much
//! of the processor gives way: while many reports come, it works a twentieth of the time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use usage_store::query::ProductId;
use usage_store::{Day, NAMES_PER_PRODUCT, Store, TOP_VALUES, Thing, Tier};

use crate::config::Retention;
use crate::outage::Outage;
use crate::watch::Watch;

/// How long the read model may be behind when nobody says that something came: only after a
/// side command has written, as every commit says so.
const APPLY_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// Between two looks at the WAL and the journal's spans.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// Reports are taken in together with those of the next moment: a page that many of them change is
/// written once.
const APPLY_AT_MOST_EVERY: Duration = Duration::from_millis(50);

/// Between two looks at reports that may be too old: each unpacks the oldest block.
const RETIRE_EVERY: Duration = Duration::from_secs(60);

/// Between two writes of when tokens and API keys were last used, which is kept to the hour.
const USES_EVERY: Duration = Duration::from_secs(60);
/// Between two looks at numbers that may wait to be packed: each counts them.
const PACK_EVERY: Duration = Duration::from_secs(10);

/// Between two looks at days that are over: what came late is packed and folded together.
const PAST_DAYS_EVERY: Duration = Duration::from_secs(3_600);

/// Reports that wait at a start, at which they are counted by large steps: more than come while a server is
/// restarted, and half a minute's work by small ones.
const FAR_BEHIND_REPORTS: u64 = 1_000_000;

/// After a failure (a full disk, say), until the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// More reports a second than this are many: up to it the read model keeps up with a quarter of a
/// processor, and ingest needs a third.
const MANY_REPORTS_A_SECOND: f64 = 10_000.0;

/// While many come, for each moment of work so many of rest.
const REST_FOR_WORK: u32 = 19;

/// The longest rest: a step that took long may have waited most of the time.
const REST_MAX: Duration = Duration::from_secs(2);

/// Tells the read model that reports came. Cheap, and never blocks.
#[derive(Clone)]
pub(crate) struct Nudge {
    tell: SyncSender<()>,
    came: Arc<AtomicU64>,
}

impl Nudge {
    /// So many reports were committed.
    pub(crate) fn reports_came(&self, reports: usize) {
        self.came.fetch_add(reports as u64, Ordering::Relaxed);
        // Full means that it has been told and not looked yet; closed, that the server stops.
        let _ = self.tell.try_send(());
    }
}

/// Gives way to ingest.
pub(crate) struct Manners {
    came: Arc<AtomicU64>,
    seen: u64,
    since: Instant,
}

impl Manners {
    pub(crate) fn towards(came: &Arc<AtomicU64>) -> Manners {
        Manners {
            came: Arc::clone(came),
            seen: 0,
            since: Instant::now(),
        }
    }

    /// How long to rest after having worked for so long.
    pub(crate) fn rest_after(&mut self, worked: Duration) -> Duration {
        let came = self.came.load(Ordering::Relaxed);
        let a_second = (came - self.seen) as f64 / self.since.elapsed().as_secs_f64();
        (self.seen, self.since) = (came, Instant::now());
        match a_second > MANY_REPORTS_A_SECOND {
            true => (worked * REST_FOR_WORK).min(REST_MAX),
            false => Duration::ZERO,
        }
    }
}

/// The running jobs; they stop when told to, or when this is dropped.
pub(crate) struct Jobs {
    store: Arc<Store>,
    nudge: Option<Nudge>,
    came: Arc<AtomicU64>,
    stop: Vec<SyncSender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts them.
    pub(crate) fn start(
        store: &Arc<Store>,
        watch: &Arc<Watch>,
        retention: Retention,
    ) -> std::io::Result<Jobs> {
        let (tell, nudges) = mpsc::sync_channel(1);
        let came = Arc::new(AtomicU64::new(0));
        let [applying, packing] = [(); 2].map(|()| Manners::towards(&came));
        let (stop_upkeep, upkeep_stops) = mpsc::sync_channel(1);
        let (stop_rewriting, rewriting_stops) = mpsc::sync_channel(1);
        let [model, upkeep, rewriting] = [(); 3].map(|()| Arc::clone(store));
        let [model_watch, upkeep_watch, rewriting_watch] = [(); 3].map(|()| Arc::clone(watch));
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = vec![
            thread("read-model").spawn(move || follow(&model, &nudges, applying, &model_watch))?,
            thread("upkeep").spawn(move || keep_up(&upkeep, &upkeep_stops, &upkeep_watch))?,
            thread("rewriting").spawn(move || {
                rewrite(
                    &rewriting,
                    retention,
                    packing,
                    &rewriting_stops,
                    &rewriting_watch,
                );
            })?,
        ];
        Ok(Jobs {
            store: store.clone(),
            nudge: Some(Nudge {
                tell,
                came: Arc::clone(&came),
            }),
            came,
            stop: vec![stop_upkeep, stop_rewriting],
            threads,
        })
    }

    /// How to tell the read model that reports came. The jobs stop only when every nudge is gone.
    pub(crate) fn nudge(&self) -> Option<Nudge> {
        self.nudge.clone()
    }

    /// For others who are to give way like these.
    pub(crate) fn manners(&self) -> Manners {
        Manners::towards(&self.came)
    }

    /// Lets each job finish its step, and waits for it.
    pub(crate) fn stop(mut self) {
        self.store.stop();
        self.nudge = None;
        self.stop.clear();
        for thread in self.threads.drain(..) {
            // It may be resting.
            thread.thread().unpark();
            // A job that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// Where very much waits at the start, as after an upgrade that makes the read model anew: that first, by large steps.
fn catch_up(store: &Store) -> usage_store::Result<()> {
    let behind = store.freshness()?.behind;
    if behind >= FAR_BEHIND_REPORTS {
        tracing::info!(
            reports = behind,
            "counting what was reported before this start"
        );
        let reports = store.catch_up(|_, _| ())?;
        tracing::info!(reports, "counted what was reported before this start");
    }
    Ok(())
}

/// The read model follows the journal.
fn follow(store: &Store, nudges: &Receiver<()>, mut manners: Manners, watch: &Watch) {
    after_everybody_else();
    let mut outage = Outage::of("counting what was reported");
    outage.note(&catch_up(store));
    let mut told = BTreeSet::new();
    loop {
        let began = Instant::now();
        let applied = store.apply();
        watch.applied(&applied, began.elapsed());
        outage.note(&applied);
        tell_of_names(store, &mut told);
        let pause = match applied {
            Ok(0) => APPLY_AT_LEAST_EVERY,
            Ok(_) => {
                let rest = manners.rest_after(began.elapsed());
                std::thread::park_timeout(rest.max(APPLY_AT_MOST_EVERY));
                Duration::ZERO
            }
            Err(_) => AFTER_FAILURE,
        };
        if nudges.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Says once of a product that it reports more names than are told apart.
fn tell_of_names(store: &Store, told: &mut BTreeSet<(ProductId, Thing)>) {
    for of @ (product, thing) in store.names_beyond() {
        if told.insert(of) {
            let product = store.listed_product(product);
            let product = product.ok().flatten().map(|product| product.name);
            tracing::warn!(
                product,
                of = thing.name(),
                told_apart = NAMES_PER_PRODUCT,
                "more names are reported than are told apart; the product's dictionary says more"
            );
        }
    }
}

/// What must not wait for anything long: the WAL grows.
fn keep_up(store: &Store, stop: &Receiver<()>, watch: &Watch) {
    let mut copying = Outage::of("copying the WAL into the database");
    let mut tidying = Outage::of("tidying idempotency keys");
    let mut noting = Outage::of("noting when tokens and API keys were last used");
    let mut uses_saved = Instant::now();
    loop {
        let mut failed = [
            copying.note(&store.checkpoint()),
            tidying.note(&tidy_keys(store)),
            false,
        ];
        if uses_saved.elapsed() >= USES_EVERY {
            failed[2] = noting.note(&save_uses(store));
            if !failed[2] {
                uses_saved = Instant::now();
            }
        }
        let pause = after(failed, UPKEEP_EVERY, watch);
        if stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            // If it fails, an hour's use isn't shown.
            let _ = save_uses(store);
            return;
        }
    }
}

fn save_uses(store: &Store) -> usage_store::Result<()> {
    while store.save_token_uses()? || store.save_api_key_uses()? {}
    Ok(())
}

/// Does the erasures that were asked for.
fn erase(store: &Store, watch: &Watch) -> usage_store::Result<()> {
    while store.erase_next(Timestamp::now())? {
        watch.reports.erasures_done.inc();
        tracing::info!("something that was to be forgotten is erased");
    }
    Ok(())
}

fn tidy_keys(store: &Store) -> usage_store::Result<()> {
    while store.tidy_keys(Timestamp::now())? {}
    Ok(())
}

/// What rewrites the journal and the read model: erasures, re-packing, the end of old reports. Each by
/// itself: a damaged block that can't be erased from must not keep others large.
fn rewrite(
    store: &Store,
    retention: Retention,
    mut manners: Manners,
    stop: &Receiver<()>,
    watch: &Watch,
) {
    let mut erasing = Outage::of("erasing what is to be forgotten");
    let mut packing = Outage::of("re-packing the journal");
    let mut retiring = Outage::of("taking out what is older than is to be kept");
    let mut tidying = Outage::of("packing and folding the read model's days");
    let (mut aging, mut days) = (Aging::new(retention), Days::default());
    loop {
        let erased = erase(store, watch);
        let began = Instant::now();
        let (packed, retired) = (repack(store, watch), aging.step(store));
        let tidied = days.step(store);
        let pause = match [&packed, &retired, &tidied].map(|done| matches!(done, Ok(true))) {
            [false, false, false] => UPKEEP_EVERY,
            _ => manners.rest_after(began.elapsed()),
        };
        let failed = [
            erasing.note(&erased),
            packing.note(&packed),
            retiring.note(&retired),
            tidying.note(&tidied),
        ];
        let pause = after(failed, pause, watch);
        if stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// What is too old goes: reports from the journal, a few blocks at a time; a product's days from the read model,
/// one at a time.
struct Aging {
    retention: Retention,
    next_look: Instant,
    /// Something has gone since the last look that found nothing.
    some_went: bool,
}

impl Aging {
    fn new(retention: Retention) -> Aging {
        Aging {
            retention,
            next_look: Instant::now(),
            some_went: false,
        }
    }

    /// Takes the oldest out if they are due; whether there may be more.
    fn step(&mut self, store: &Store) -> usage_store::Result<bool> {
        if self.retention == Retention::default() || self.next_look > Instant::now() {
            return Ok(false);
        }
        if self.some_goes(store)? {
            self.some_went = true;
            return Ok(true);
        }
        self.next_look = Instant::now() + RETIRE_EVERY;
        if self.some_went {
            store.forget_unused()?;
            self.some_went = false;
            let Retention {
                reports,
                days,
                cells,
            } = self.retention;
            tracing::info!(
                retention_days = reports,
                days_retention_days = days,
                cells_retention_days = cells,
                "what was older than is to be kept was taken out"
            );
        }
        Ok(false)
    }

    fn some_goes(&self, store: &Store) -> usage_store::Result<bool> {
        let now = Timestamp::now();
        if let Some(days) = self.retention.reports {
            let until = now - SignedDuration::from_hours(24 * i64::from(days));
            if store.retire(until)? {
                return Ok(true);
            }
        }
        let tiers = [
            (Tier::Cells, self.retention.cells),
            (Tier::Days, self.retention.days),
        ];
        for (tier, days) in tiers {
            let Some(days) = days else { continue };
            let kept = i32::try_from(days).unwrap_or(i32::MAX);
            let before = Day::of(now).plus(kept.saturating_neg());
            if after_others(|| store.age(tier, before))? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The read model's days: numbers are packed, a chunk of servers at a time; what is over is folded.
#[derive(Default)]
struct Days {
    next_look: Option<Instant>,
    next_at_past: Option<Instant>,
}

impl Days {
    /// Does a step, where one is due; whether there may be more.
    fn step(&mut self, store: &Store) -> usage_store::Result<bool> {
        let now = Instant::now();
        if self.next_look.is_some_and(|at| at > now) {
            return Ok(false);
        }
        let past = self.next_at_past.is_none_or(|at| at <= now);
        let today = Day::of(Timestamp::now());
        let done = after_others(|| {
            Ok(store.pack_columns(past.then_some(today))?
                || (past && store.fold_day(today.plus(-1), TOP_VALUES)?))
        })?;
        if done == Some(false) {
            self.next_look = Some(now + PACK_EVERY);
            if past {
                self.next_at_past = Some(now + PAST_DAYS_EVERY);
            }
        }
        Ok(done == Some(true))
    }
}

/// How long to wait before the next look.
fn after<const WORKS: usize>(failed: [bool; WORKS], pause: Duration, watch: &Watch) -> Duration {
    let failures = failed.into_iter().filter(|failed| *failed).count();
    watch.reports.upkeep_failures.inc_by(failures as u64);
    if failures > 0 { AFTER_FAILURE } else { pause }
}

/// Re-packs the next full span; whether there was one. Packing is done when nobody else wants the
/// processor; putting the span in its place is not, as commits wait for that.
fn repack(store: &Store, watch: &Watch) -> usage_store::Result<bool> {
    let Some(span) = after_others(|| store.pack_next())?.flatten() else {
        return Ok(false);
    };
    store.put_packed(&span)?;
    watch.reports.repacked_spans.inc();
    Ok(true)
}

/// Does work when nobody else wants the processor; `None` where it panicked, which has been said already: it
/// is tried again like any failure.
fn after_others<T: Send>(
    work: impl FnOnce() -> usage_store::Result<T> + Send,
) -> usage_store::Result<Option<T>> {
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            after_everybody_else();
            work()
        });
        working.join().map_or(Ok(None), |done| done.map(Some))
    })
}

/// From here on this thread gets what others leave of the processor. Elsewhere than on Linux a
/// thread can't be told so without touching the whole process: it competes.
pub(crate) fn after_everybody_else() {
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::process::nice(19) {
        tracing::debug!(%cause, "background work competes with ingest");
    }
}
