//! One server's life in the demo: it settles, starts, reports, upgrades in its own time,
//! falls silent, leaves.

use jiff::Timestamp;
use usage_store::report::Kind;

use super::body::{self, Facts};
use super::catalog::{
    CLUSTER_SIZES, DEPLOYMENTS, Dialect, HOST_STEMS, MACHINES, ORGANIZATIONS, PRODUCTS, Product,
};
use super::random::Random;
use super::{MILLIS_PER_DAY, Post};

const HALF_DAY: i64 = 43_200_000;
const NEVER: i64 = i64::MAX;

/// How a broken sender is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Check-ins and stats with blank ids.
    BlankIds,
    /// Stats that are a string where a list belongs.
    WrongTypes,
    /// Usage that ends in the middle.
    CutOff,
}

/// One server. Instants are milliseconds since 1970.
#[derive(Debug, Clone)]
pub(super) struct Member {
    random: Random,
    product: &'static Product,
    organization: Option<&'static str>,
    os: &'static str,
    arch: &'static str,
    deployment: &'static str,
    edition: &'static str,
    cluster_id: String,
    server_id: String,
    host: String,
    cpus: u32,
    size: f64,
    growth_per_day: f64,
    /// Days between a release and this server's upgrade to it.
    upgrade_lag_days: f64,
    /// Days between restarts, on average.
    restart_days: f64,
    release: usize,
    /// The release to run from the next start on.
    planned: Option<usize>,
    /// After a downgrade: no upgrade before.
    wary_until: i64,
    born: i64,
    started: i64,
    start_due: i64,
    usage_due: i64,
    stats_due: i64,
    silent: (i64, i64),
    leaves: i64,
    /// When the history that releases are counted back from ends.
    until: i64,
    fault: Option<(Fault, i64)>,
}

impl Member {
    /// Adds the servers of one new installation, at most `room`.
    pub(super) fn settle_cluster(
        random: &mut Random,
        begin: i64,
        until: i64,
        room: usize,
        members: &mut Vec<Member>,
    ) {
        let Some(product) = random.pick(PRODUCTS) else {
            return;
        };
        let ours = product.dialect == Dialect::Tidewater;
        let size = if ours {
            random.pick(CLUSTER_SIZES).unwrap_or(1)
        } else {
            1
        };
        let first = Member::settle(random, product, begin, until);
        for number in 1..=(size as usize).min(room) {
            let mut member = first.clone();
            member.random = Random(random.next());
            member.server_id = member.random.uuid();
            member.host = format!("{}{number}.example.net", first.host);
            member.size = first.size * member.random.between(0.8, 1.2);
            // A cluster upgrades one server after the other.
            member.upgrade_lag_days += number as f64 * 0.1;
            member.begin_reporting(begin);
            members.push(member);
        }
    }

    fn settle(random: &mut Random, product: &'static Product, begin: i64, until: i64) -> Member {
        let window = (until - begin) as f64;
        let born = if random.chance(0.62) {
            begin - days(random.exponential(200.0))
        } else {
            // Growth: later days see more newcomers.
            begin + (random.unit().sqrt() * window) as i64
        };
        let stay = if random.chance(0.14) {
            random.exponential(5.0)
        } else {
            random.exponential(900.0)
        };
        let silent = if random.chance(0.06) {
            let from = begin + (random.unit() * window) as i64;
            (from, from + days(random.between(2.0, 21.0)))
        } else {
            (NEVER, NEVER)
        };
        let upgrade_lag_days = match random.unit() {
            u if u < 0.15 => random.between(0.2, 3.0),
            u if u < 0.70 => random.log_normal(20.0, 0.8),
            u if u < 0.92 => random.between(90.0, 300.0),
            _ => 10_000.0,
        };
        let (os, arch) = random.pick(MACHINES).unwrap_or(("linux", "amd64"));
        let customer = product.dialect == Dialect::Tidewater && random.chance(0.45);
        let mut member = Member {
            product,
            organization: if customer {
                random.pick(ORGANIZATIONS)
            } else {
                None
            },
            os,
            arch,
            deployment: random.pick(DEPLOYMENTS).unwrap_or("docker"),
            edition: if customer { "enterprise" } else { "community" },
            cluster_id: match product.dialect {
                Dialect::InfluxDb => (random.next() >> 1).to_string(),
                _ => random.uuid(),
            },
            server_id: String::new(),
            host: random.pick(HOST_STEMS).unwrap_or("node").to_owned(),
            cpus: 1 << random.between(0.0, 6.0) as u32,
            size: random.log_normal(6_000.0, 1.7).clamp(20.0, 5e8),
            growth_per_day: random.log_normal(0.001, 0.9).min(0.02),
            upgrade_lag_days,
            restart_days: random.log_normal(18.0, 1.0).clamp(0.7, 400.0),
            release: 0,
            planned: None,
            wary_until: 0,
            born,
            started: born,
            start_due: NEVER,
            usage_due: NEVER,
            stats_due: NEVER,
            silent,
            leaves: born.max(begin) + days(stay),
            until,
            fault: None,
            random: Random(0),
        };
        // Some install what an old guide names.
        let guide_age = if random.chance(0.2) {
            random.between(30.0, 400.0)
        } else {
            0.0
        };
        member.release = member.newest_release(born - days(guide_age));
        member
    }

    /// Decides what comes first: a newcomer starts, an old one is in the middle of its rounds.
    fn begin_reporting(&mut self, begin: i64) {
        if self.born >= begin {
            self.start_due = self.born + days(self.random.between(0.0, 0.01));
            return;
        }
        let lag = days(self.upgrade_lag_days);
        self.release = self.release.max(self.newest_release(begin - lag));
        self.started =
            begin - days(self.random.exponential(self.restart_days)).min(begin - self.born);
        self.start_due = begin + days(self.random.exponential(self.restart_days));
        self.usage_due = begin + (self.random.unit() * HALF_DAY as f64) as i64;
        if self.product.dialect == Dialect::Tidewater {
            self.stats_due = begin + days(self.random.unit());
        }
    }

    /// The newest release that was out at `at`; the first one has always been there.
    fn newest_release(&self, at: i64) -> usize {
        let out = |age: u32| self.until - days(f64::from(age)) <= at;
        self.product
            .releases
            .iter()
            .rposition(|&(_, age)| out(age))
            .unwrap_or(0)
    }

    /// When it does something next.
    pub(super) fn due(&self) -> i64 {
        self.start_due.min(self.usage_due).min(self.stats_due)
    }

    /// The same, `None` once it has left.
    pub(super) fn due_again(&self) -> Option<i64> {
        let due = self.due();
        (due < self.leaves).then_some(due)
    }

    /// Does what is due at `at`; what it posts, if it does and is not silent.
    pub(super) fn act(&mut self, at: i64) -> Option<Post> {
        let post = if self.start_due == at {
            self.start(at)
        } else if self.usage_due == at {
            self.usage_due = at + HALF_DAY + (self.random.unit() * 900.0) as i64;
            self.consider_upgrade(at);
            Some(self.post(Kind::Usage, at))
        } else {
            self.stats_due = at + 2 * HALF_DAY + (self.random.unit() * 900.0) as i64;
            Some(self.post(Kind::Stats, at))
        };
        let silent = (self.silent.0..self.silent.1).contains(&at);
        post.filter(|_| !silent)
    }

    fn start(&mut self, at: i64) -> Option<Post> {
        self.started = at;
        self.start_due = at + days(0.01 + self.random.exponential(self.restart_days));
        if let Some(planned) = self.planned.take() {
            let upgraded = planned > self.release;
            self.release = planned;
            if upgraded && planned > 0 && self.random.chance(0.04) {
                self.planned = Some(planned - 1);
                self.start_due = at + days(self.random.between(0.2, 2.0));
                self.wary_until = at + days(30.0);
            }
        }
        // Old programs report tens of milliseconds after their start; ours keeps its own phase.
        let soon = at + 20 + (self.random.unit() * 60.0) as i64;
        match self.product.dialect {
            Dialect::Tidewater => {
                if self.usage_due == NEVER {
                    self.usage_due = at + (self.random.unit() * HALF_DAY as f64) as i64;
                    self.stats_due = at + days(self.random.unit());
                }
                return Some(self.post(Kind::Servers, at));
            }
            Dialect::Chronograf => self.cluster_id = self.random.uuid(),
            Dialect::InfluxDb | Dialect::Kapacitor => {}
        }
        self.usage_due = soon;
        None
    }

    fn consider_upgrade(&mut self, at: i64) {
        let target = self.newest_release(at - days(self.upgrade_lag_days));
        if target > self.release && self.planned.is_none() && at > self.wary_until {
            self.planned = Some(target);
            self.start_due = at + days(self.random.between(0.02, 0.4));
        }
    }

    fn post(&self, kind: Kind, at: i64) -> Post {
        let fault = self
            .fault
            .and_then(|(fault, since)| (at >= since).then_some(fault));
        let seconds_up = ((at - self.started) as f64 / 250.0).floor() / 4.0;
        let age_days = (at - self.born) as f64 / MILLIS_PER_DAY;
        let size = self.size * (self.growth_per_day * age_days).exp().min(50.0);
        let blank = fault == Some(Fault::BlankIds) && kind != Kind::Usage;
        let facts = Facts {
            product: self.product.name,
            version: self
                .product
                .releases
                .get(self.release)
                .map_or("", |&(version, _)| version),
            os: self.os,
            arch: self.arch,
            deployment: self.deployment,
            edition: self.edition,
            cluster_id: if blank { "  " } else { &self.cluster_id },
            server_id: if blank { "" } else { &self.server_id },
            host: &self.host,
            uptime_seconds: seconds_up,
            size,
            requests: (seconds_up * size.powf(0.6)) as u64,
            cpus: self.cpus,
        };
        let mut body = match (kind, self.product.dialect) {
            (Kind::Servers, _) => body::check_in(&facts),
            (Kind::Stats, _) => body::stats(&facts),
            (Kind::Usage, Dialect::InfluxDb) => body::influxdb_usage(&facts),
            (Kind::Usage, Dialect::Kapacitor) => body::kapacitor_usage(&facts),
            (Kind::Usage, Dialect::Chronograf) => body::chronograf_usage(&facts),
            (Kind::Usage, Dialect::Tidewater) => body::tidewater_usage(&facts),
        };
        let broken = match (fault, kind) {
            (Some(Fault::BlankIds), Kind::Servers | Kind::Stats) => true,
            (Some(Fault::WrongTypes), Kind::Stats) => {
                body = format!(
                    r#"{{"cluster_id":"{}","server_id":"{}","stats":"none"}}"#,
                    self.cluster_id, self.server_id
                )
                .into_bytes();
                true
            }
            (Some(Fault::CutOff), Kind::Usage) => {
                body.truncate(body.len() * 3 / 5);
                true
            }
            _ => false,
        };
        Post {
            at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX),
            organization: self.organization,
            kind,
            product: self.product.name,
            body,
            broken,
        }
    }
}

/// Breaks one in a hundred of our own product's senders, three at least, some of them only lately.
pub(super) fn break_some(members: &mut [Member], begin: i64, until: i64) {
    let count = (members.len() / 100).max(3);
    let stayers = members.iter_mut().filter(|member| {
        member.product.dialect == Dialect::Tidewater
            && member.organization.is_none()
            && member.born < begin
            && member.leaves > until
    });
    let faults = [Fault::BlankIds, Fault::WrongTypes, Fault::CutOff]
        .into_iter()
        .cycle();
    for (number, (member, fault)) in stayers.take(count).zip(faults).enumerate() {
        member.fault = Some((fault, begin.max(until - days(6.0 * (number as f64 + 1.0)))));
    }
}

fn days(days: f64) -> i64 {
    (days * MILLIS_PER_DAY) as i64
}
