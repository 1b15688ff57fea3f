//! Decides what webhooks hear of: looks at what is new since it looked last, and keeps its place with the
//! messages that follow from it. Only adopted products count: anybody can report under any name.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use usage_store::query::{Asked, Window};
use usage_store::webhook::{Event, Events, NewCluster, News, Watched};
use usage_store::{Day, Store};

use super::Failure;
use super::limits::{
    ADOPTED_AT_ONCE, AWAY_AFTER_MINUTES, BEHIND_MAX_MINUTES, LOOK_AT, NEWS_MAX_AGE_HOURS,
    REFUSED_MANY, REFUSED_WITHIN_HOURS, SILENT_AT_ONCE, SILENT_BACK_DAYS,
};
use super::message;
use crate::watch::Watch;

/// Between two decisions on who has gone silent, each of which goes over the sets of some days, and between two looks
/// at what was adopted.
const NOW_AND_THEN: SignedDuration = SignedDuration::from_mins(5);

pub(super) struct Watcher {
    store: Arc<Store>,
    watch: Arc<Watch>,
    /// After how many hours a cluster is silent.
    silent_hours: u32,
    /// After how many seconds a healthy sender reports again.
    interval_secs: u32,
}

/// One look: what is found, and where it got to.
struct Look {
    watched: Watched,
    wanted: Events,
    news: Vec<News>,
    now: Timestamp,
    more: bool,
}

impl Look {
    /// What is older comes out of a file.
    fn news_from(&self) -> Timestamp {
        before(self.now, SignedDuration::from_hours(NEWS_MAX_AGE_HOURS))
    }

    fn first_report(&mut self, one: &NewCluster) -> Result<(), Failure> {
        if self.wanted.have(Event::ClusterFirstReport) {
            self.news.push(message::first_report(one, self.now)?);
        }
        Ok(())
    }
}

fn before(at: Timestamp, long: SignedDuration) -> Timestamp {
    at.saturating_sub(long).unwrap_or(Timestamp::MIN)
}

fn after(at: Timestamp, long: SignedDuration) -> Timestamp {
    at.saturating_add(long).unwrap_or(Timestamp::MAX)
}

impl Watcher {
    pub(super) fn new(
        store: Arc<Store>,
        watch: Arc<Watch>,
        silent_hours: u32,
        interval_secs: u32,
    ) -> Watcher {
        Watcher {
            store,
            watch,
            silent_hours,
            interval_secs,
        }
    }

    /// Looks once, and puts what is new into the queues; whether there may be more at once.
    pub(super) fn look(&self, now: Timestamp) -> Result<bool, Failure> {
        let Some(watched) = self.store.webhook_watch()? else {
            return Ok(false);
        };
        let mut look = Look {
            watched,
            wanted: self.store.webhook_events()?,
            news: Vec::new(),
            now,
            more: false,
        };
        self.clusters(&mut look)?;
        self.organizations(&mut look)?;
        self.quarantine(&mut look)?;
        if after(watched.looked_at, NOW_AND_THEN) <= now || watched.looked_at > now {
            self.now_and_then(&mut look)?;
        }
        if look.watched != watched || !look.news.is_empty() {
            let told = self.store.tell_webhooks(&look.news, &look.watched, now);
            self.watch.webhooks.dropped.inc_by(told?);
        }
        Ok(look.more)
    }

    fn clusters(&self, look: &mut Look) -> Result<(), Failure> {
        let clusters = self.store.clusters_after(look.watched.clusters, LOOK_AT)?;
        look.more |= clusters.len() == LOOK_AT;
        for one in &clusters {
            look.watched.clusters = one.id;
            // Those of a product that was adopted since are told with the others that it had by then.
            let adopted = one
                .adopted_at
                .is_some_and(|at| at <= look.watched.looked_at);
            if adopted && one.first_seen.is_none_or(|seen| seen >= look.news_from()) {
                look.first_report(one)?;
            }
        }
        Ok(())
    }

    /// What was new of products before somebody adopted them, and still is.
    fn adopted(&self, look: &mut Look, since: Timestamp) -> Result<(), Failure> {
        let up_to = look.watched.clusters;
        let found = self.store.clusters_adopted(since, up_to, ADOPTED_AT_ONCE)?;
        for one in found.iter().rev() {
            if one.first_seen.is_some_and(|seen| seen >= look.news_from()) {
                look.first_report(one)?;
            }
        }
        Ok(())
    }

    fn organizations(&self, look: &mut Look) -> Result<(), Failure> {
        let after = look.watched.organizations;
        let organizations = self.store.organizations_after(after, LOOK_AT)?;
        look.more |= organizations.len() == LOOK_AT;
        for one in &organizations {
            look.watched.organizations = one.id.0;
            if look.wanted.have(Event::OrganizationRegistered) {
                look.news.push(message::registered(one, look.now)?);
            }
        }
        Ok(())
    }

    /// Many refused within an hour are told once, and then not for an hour.
    fn quarantine(&self, look: &mut Look) -> Result<(), Failure> {
        let hour = SignedDuration::from_hours(REFUSED_WITHIN_HOURS);
        let Look { watched, now, .. } = look;
        if after(watched.refused_told, hour) > *now && watched.refused_told <= *now {
            return Ok(());
        }
        let growth = self.store.refused_after(watched.refused)?;
        let is_much = growth.refused >= REFUSED_MANY;
        if is_much && look.wanted.have(Event::QuarantineGrowing) {
            let since = watched.refused_since;
            look.news.push(message::growing(&growth, since, *now)?);
            watched.refused_told = *now;
        }
        if is_much || after(watched.refused_since, hour) <= *now {
            watched.refused = growth.newest;
            watched.refused_since = *now;
        }
        Ok(())
    }

    /// What need not be looked at each second.
    fn now_and_then(&self, look: &mut Look) -> Result<(), Failure> {
        let away = look.watched.looked_at;
        look.watched.looked_at = look.now;
        self.adopted(look, away)?;
        if after(away, SignedDuration::from_mins(AWAY_AFTER_MINUTES)) < look.now {
            // Who couldn't report while the server was away does so by then.
            let interval = SignedDuration::from_secs(i64::from(self.interval_secs));
            let until = after(
                look.now,
                interval.saturating_add(SignedDuration::from_hours(1)),
            );
            look.watched.hold_until = until;
        }
        let fresh = self.store.freshness()?;
        let lag = before(look.now, SignedDuration::from_mins(BEHIND_MAX_MINUTES));
        if fresh.behind > 0 && fresh.applied_to.is_none_or(|to| to < lag) {
            return Ok(());
        }
        // The read model was begun anew, and gives numbers anew.
        let last = self.store.last_cluster()?;
        if fresh.behind == 0 && last < look.watched.clusters {
            look.watched.clusters = last;
        }
        if look.now >= look.watched.hold_until {
            self.silent(look)?;
        }
        Ok(())
    }

    /// Who reported last between then and now, each so many hours ago.
    fn silent(&self, look: &mut Look) -> Result<(), Failure> {
        let hours = SignedDuration::from_hours(i64::from(self.silent_hours));
        let (from, to) = (
            before(look.watched.silent_to, hours),
            before(look.now, hours),
        );
        look.watched.silent_to = look.now;
        if !look.wanted.have(Event::ClusterSilent) || to <= from {
            return Ok(());
        }
        let today = Day::of(look.now);
        let window = Window {
            from: Day::of(from).max(today.plus(-SILENT_BACK_DAYS)),
            to: today,
        };
        for (product, name) in self.store.adopted_products()? {
            let asked = Asked::all(product);
            let found = self
                .store
                .silent_clusters(&asked, window, to, SILENT_AT_ONCE)?;
            for one in found.iter().filter(|one| one.last_seen >= from) {
                let told = message::silent(&name, self.silent_hours, one, look.now)?;
                look.news.push(told);
            }
        }
        Ok(())
    }
}
