//! What arrives at a target that behaves as targets do: well, wrongly, or not at all.

mod arriving;
mod failing;
#[cfg(feature = "https")]
mod https;
mod running;
#[cfg(feature = "https")]
pub(crate) mod secured;
pub(crate) mod target;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use usage_store::report::Kind;
use usage_store::{NewReport, Sender, Writing};

use self::target::{Reply, Scripted};
use super::follower::Follower;
use super::*;
use crate::config::{ForwardFrom, ForwardProof};

/// Patience with a target that doesn't answer: longer than any that does takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A store, and who watches it.
struct World {
    store: Arc<Store>,
    watch: Arc<Watch>,
    _folder: TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        World {
            store: Arc::new(Store::open(folder.path(), Writing::Alone).unwrap()),
            watch: Arc::new(Watch::new(PATIENCE).unwrap()),
            _folder: folder,
        }
    }

    /// A follower as after a start, with so much patience.
    fn patient(&self, config: &ForwardConfig, patience: Duration) -> Follower {
        let target = Target::within(config, patience).unwrap();
        Follower::new(self.store.clone(), self.watch.clone(), target, config)
    }

    fn follower(&self, config: &ForwardConfig) -> Follower {
        self.patient(config, PATIENCE)
    }

    fn append(&self, reports: &[NewReport]) {
        self.store.append(reports).unwrap();
    }

    /// Usage reports of servers with these numbers.
    fn servers(&self, numbers: std::ops::Range<u64>) {
        let reports: Vec<_> = numbers.map(|n| usage("p", n)).collect();
        for batch in reports.chunks(500) {
            self.append(batch);
        }
    }

    /// Everything is counted and re-packed, as it is after a moment.
    fn settle(&self) {
        while self.store.apply().unwrap() > 0 {}
        while self.store.repack().unwrap() {}
    }

    /// The place is where the journal ends.
    fn is_done(&self) -> bool {
        self.watch.forward.behind(self.store.next_seq().unwrap()) == 0
    }
}

fn to(target: &Scripted) -> ForwardConfig {
    ForwardConfig {
        url: format!("http://{}/write?db=usage", target.address()),
        products: None,
        from: ForwardFrom::Beginning,
        proof: None,
        gzip: false,
        #[cfg(feature = "https")]
        authorities: None,
    }
}

fn report(kind: Kind, product: &str, body: &str) -> NewReport {
    NewReport {
        kind,
        product: product.into(),
        sender: Sender::default(),
        received_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        reported_at: None,
        idempotency: None,
        install_key: None,
        body: body.as_bytes().to_vec(),
    }
}

fn usage(product: &str, server: u64) -> NewReport {
    let body =
        format!(r#"[{{"values":{{"cluster_id":"c","server_id":"s{server}","n":{server}}}}}]"#);
    report(Kind::Usage, product, &body)
}

/// Until there is nothing more; each step must go well.
fn forward_all(follower: &mut Follower) {
    while follower.step().unwrap().unwrap().more {}
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
