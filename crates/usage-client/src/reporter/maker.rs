//! Makes the reports that a reporter sends by itself, from the product's hooks and the install's ids. What
//! a preview shows is made here too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Facts;
use super::identity::Identity;
use crate::core::{Environment, IdempotencyKey, Kind, Report, UnixMillis, Wants};
use crate::{Error, Server, Stats, StatsData, Usage, UsageData};

pub(super) type UsageHook = Box<dyn Fn() -> UsageData + Send>;
pub(super) type StatsHook = Box<dyn Fn() -> Vec<StatsData> + Send>;

pub(super) struct Maker {
    pub(super) product: String,
    pub(super) version: String,
    pub(super) host: String,
    pub(super) usage: Option<UsageHook>,
    pub(super) stats: Option<(Duration, StatsHook)>,
    pub(super) facts: Facts,
    pub(super) environment: Environment,
}

/// Why there is no report.
#[derive(Debug)]
pub(super) enum MakeError {
    /// The product's hook panicked.
    Panicked,
    /// It can't be written.
    Unwritable(Error),
}

impl Maker {
    pub(super) fn wants(&self) -> Wants {
        Wants {
            check_in: true,
            usage: self.usage.is_some(),
            stats: self.stats.as_ref().map(|(every, _)| *every),
        }
    }

    /// The report of this kind as of `now`; nothing where there is nothing to say.
    pub(super) fn make(
        &self,
        kind: Kind,
        identity: &Identity,
        dropped: u64,
        now: UnixMillis,
        key: IdempotencyKey,
    ) -> Result<Option<Report>, MakeError> {
        let product = self.product.as_str();
        let report = match kind {
            Kind::Servers => Report::new(product, &self.check_in(identity), now, key),
            Kind::Usage => {
                let Some(hook) = &self.usage else {
                    return Ok(None);
                };
                let data = self.complete(call(hook)?, identity, dropped);
                Report::new(product, &Usage::new(product).with(data), now, key)
            }
            Kind::Stats => {
                let Some((_, hook)) = &self.stats else {
                    return Ok(None);
                };
                let points = call(hook)?;
                if points.is_empty() {
                    return Ok(None);
                }
                let mut stats = Stats::new(product)
                    .cluster_id(&identity.cluster_id)
                    .server_id(&identity.server_id);
                stats.extend(points);
                Report::new(product, &stats, now, key)
            }
            Kind::Other => return Ok(None),
        };
        report.map(Some).map_err(MakeError::Unwritable)
    }

    /// Whether a report says that it is of this version, in the words of this library's own types.
    pub(super) fn names_version(&self, report: &Report) -> bool {
        let version = serde_json::Value::from(self.version.as_str());
        let said = format!("\"version\":{version}");
        matches!(report.kind, Kind::Servers | Kind::Usage)
            && String::from_utf8_lossy(&report.body).contains(&said)
    }

    fn check_in(&self, identity: &Identity) -> Server {
        Server::new(&self.product, &self.version)
            .cluster_id(&identity.cluster_id)
            .server_id(&identity.server_id)
            .host(&self.host)
    }

    /// Adds who it is from, and the facts asked for. What the product says itself stays.
    fn complete(&self, mut data: UsageData, identity: &Identity, dropped: u64) -> UsageData {
        data.tags
            .get_or_insert_default()
            .entry("version".into())
            .or_insert_with(|| self.version.clone());
        let values = data.values.get_or_insert_default();
        for (key, id) in [
            ("cluster_id", &identity.cluster_id),
            ("server_id", &identity.server_id),
        ] {
            values
                .entry(key.into())
                .or_insert_with(|| id.as_str().into());
        }
        if dropped > 0 {
            values
                .entry("reports_dropped".into())
                .or_insert_with(|| dropped.into());
        }
        self.facts.add(&mut data, &self.environment, !identity.kept);
        data
    }
}

fn call<T>(hook: &dyn Fn() -> T) -> Result<T, MakeError> {
    catch_unwind(AssertUnwindSafe(hook)).map_err(|_| MakeError::Panicked)
}

impl std::fmt::Display for MakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Panicked => f.write_str("the product's hook panicked"),
            Self::Unwritable(error) => error.fmt(f),
        }
    }
}
