//! The demo's request bodies, as the real programs write them: keys sorted, whole floats
//! without a point (Go writes its JSON so).

use serde::{Serialize, Serializer};

/// What a server can say of itself at one moment.
pub(super) struct Facts<'a> {
    pub(super) product: &'a str,
    pub(super) version: &'a str,
    pub(super) os: &'a str,
    pub(super) arch: &'a str,
    pub(super) deployment: &'a str,
    pub(super) edition: &'a str,
    pub(super) cluster_id: &'a str,
    pub(super) server_id: &'a str,
    pub(super) host: &'a str,
    pub(super) uptime_seconds: f64,
    /// How much it holds: series, tasks, objects, each product in its own measure.
    pub(super) size: f64,
    /// Work done since the start.
    pub(super) requests: u64,
    pub(super) cpus: u32,
}

/// A float in Go's spelling: `86400`, not `86400.0`.
struct GoFloat(f64);

impl Serialize for GoFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 1e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[derive(Serialize)]
struct Element<T, V> {
    tags: T,
    values: V,
}

#[derive(Serialize)]
struct InfluxValues<'a> {
    arch: &'a str,
    cluster_id: &'a str,
    num_databases: u64,
    num_measurements: u64,
    num_series: u64,
    os: &'a str,
    uptime: GoFloat,
    version: &'a str,
}

pub(super) fn influxdb_usage(facts: &Facts<'_>) -> Vec<u8> {
    let values = InfluxValues {
        arch: facts.arch,
        cluster_id: facts.cluster_id,
        num_databases: 1 + facts.size.powf(0.22) as u64,
        num_measurements: 1 + facts.size.powf(0.55) as u64,
        num_series: facts.size as u64,
        os: facts.os,
        uptime: GoFloat(facts.uptime_seconds),
        version: facts.version,
    };
    json(&[Element {
        tags: None::<()>,
        values,
    }])
}

#[derive(Serialize)]
struct KapacitorTags<'a> {
    arch: &'a str,
    os: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct KapacitorValues<'a> {
    cluster_id: &'a str,
    num_enabled_tasks: u64,
    num_subscriptions: u64,
    num_tasks: u64,
    server_id: &'a str,
    uptime: GoFloat,
}

pub(super) fn kapacitor_usage(facts: &Facts<'_>) -> Vec<u8> {
    let tasks = facts.size.powf(0.4) as u64;
    let values = KapacitorValues {
        cluster_id: facts.cluster_id,
        num_enabled_tasks: tasks - tasks / 6,
        num_subscriptions: 1 + tasks / 9,
        num_tasks: tasks,
        server_id: facts.server_id,
        uptime: GoFloat(facts.uptime_seconds),
    };
    let tags = KapacitorTags {
        arch: facts.arch,
        os: facts.os,
        version: facts.version,
    };
    json(&[Element { tags, values }])
}

#[derive(Serialize)]
struct ChronografValues<'a> {
    arch: &'a str,
    cluster_id: &'a str,
    os: &'a str,
    uptime: GoFloat,
    version: &'a str,
}

pub(super) fn chronograf_usage(facts: &Facts<'_>) -> Vec<u8> {
    let values = ChronografValues {
        arch: facts.arch,
        cluster_id: facts.cluster_id,
        os: facts.os,
        uptime: GoFloat(facts.uptime_seconds),
        version: facts.version,
    };
    json(&[Element {
        tags: None::<()>,
        values,
    }])
}

#[derive(Serialize)]
struct TidewaterTags<'a> {
    arch: &'a str,
    deployment: &'a str,
    edition: &'a str,
    os: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct TidewaterValues<'a> {
    buckets: u64,
    cluster_id: &'a str,
    cpus: u32,
    encrypted: bool,
    memory_bytes: u64,
    objects: u64,
    requests_total: u64,
    server_id: &'a str,
    stored_bytes: u64,
    uptime: GoFloat,
    users: u64,
}

pub(super) fn tidewater_usage(facts: &Facts<'_>) -> Vec<u8> {
    let objects = facts.size as u64 * 37;
    let values = TidewaterValues {
        buckets: 1 + facts.size.powf(0.3) as u64,
        cluster_id: facts.cluster_id,
        cpus: facts.cpus,
        encrypted: facts.edition == "enterprise",
        memory_bytes: u64::from(facts.cpus) << 32,
        objects,
        requests_total: facts.requests,
        server_id: facts.server_id,
        stored_bytes: objects.saturating_mul(183_911),
        uptime: GoFloat(facts.uptime_seconds),
        users: 1 + facts.size.powf(0.25) as u64,
    };
    let tags = TidewaterTags {
        arch: facts.arch,
        deployment: facts.deployment,
        edition: facts.edition,
        os: facts.os,
        version: facts.version,
    };
    json(&[Element { tags, values }])
}

#[derive(Serialize)]
struct CheckIn<'a> {
    cluster_id: &'a str,
    server_id: &'a str,
    host: &'a str,
    product: &'a str,
    version: &'a str,
}

pub(super) fn check_in(facts: &Facts<'_>) -> Vec<u8> {
    json(&CheckIn {
        cluster_id: facts.cluster_id,
        server_id: facts.server_id,
        host: facts.host,
        product: facts.product,
        version: facts.version,
    })
}

#[derive(Serialize)]
struct Stats<'a> {
    cluster_id: &'a str,
    server_id: &'a str,
    stats: [Stat<'a>; 2],
}

#[derive(Serialize)]
struct Stat<'a> {
    name: &'a str,
    tags: StatTags<'a>,
    values: StatValues,
}

#[derive(Serialize)]
struct StatTags<'a> {
    pool: &'a str,
}

#[derive(Serialize)]
struct StatValues {
    errors: u64,
    latency_p99_ms: GoFloat,
    requests: u64,
}

pub(super) fn stats(facts: &Facts<'_>) -> Vec<u8> {
    let stat = |name, pool, requests: u64, latency: f64| Stat {
        name,
        tags: StatTags { pool },
        values: StatValues {
            errors: requests / 5_000,
            latency_p99_ms: GoFloat((latency * 10.0).round() / 10.0),
            requests,
        },
    };
    json(&Stats {
        cluster_id: facts.cluster_id,
        server_id: facts.server_id,
        stats: [
            stat("gateway", "hot", facts.requests, 4.0 + facts.size.powf(0.2)),
            stat(
                "replication",
                "cold",
                facts.requests / 7,
                40.0 + facts.size.powf(0.3),
            ),
        ],
    })
}

fn json(body: &impl Serialize) -> Vec<u8> {
    // These types hold strings and numbers only, which can't fail to be written.
    serde_json::to_vec(body).unwrap_or_default()
}
