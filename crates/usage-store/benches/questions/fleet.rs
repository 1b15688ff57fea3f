//! The fleet: servers that come and go over a hundred days, miss a day now and then, and follow
//! releases with a lag of their own. The same every time.

use std::fmt::Write as _;

/// Servers, where the command line says nothing: some nine million reports.
pub(crate) const SERVERS: u32 = 119_000;

/// Days of history.
pub(crate) const DAYS: u32 = 100;

/// A new release comes out every so many days.
const RELEASE_EVERY_DAYS: u32 = 5;

/// Releases that are out on the first day.
const RELEASES_BEFORE: u32 = 6;

const OS: [&str; 4] = ["linux", "windows", "darwin", "freebsd"];
const ARCH: [&str; 3] = ["amd64", "arm64", "arm"];
const DEPLOYMENT: [&str; 4] = ["docker", "package", "kubernetes", "binary"];
pub(crate) const ORGANIZATIONS: u32 = 300;

/// One usage report, as a row.
pub(crate) struct Row {
    pub(crate) server: u32,
    pub(crate) cluster: u32,
    /// 0 is none.
    pub(crate) organization: u32,
    pub(crate) day: u32,
    /// Milliseconds of the day.
    pub(crate) at: u32,
    pub(crate) release: u32,
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
    pub(crate) deployment: &'static str,
    pub(crate) series: u64,
    pub(crate) databases: u32,
    pub(crate) uptime: f64,
}

impl Row {
    /// What the release is called.
    pub(crate) fn version(&self) -> String {
        format!(
            "{}.{}.{}",
            1 + self.release / 10,
            self.release % 10,
            self.release % 3
        )
    }

    /// The body of a usage report.
    pub(crate) fn body(&self, body: &mut String) {
        body.clear();
        let _ = write!(
            body,
            r#"[{{"tags":{{"arch":"{}","deployment":"{}","os":"{}","version":"{}"}},"values":{{"cluster_id":"c{}","num_databases":{},"num_series":{},"server_id":"s{}","uptime":{}}}}}]"#,
            self.arch,
            self.deployment,
            self.os,
            self.version(),
            self.cluster,
            self.databases,
            self.series,
            self.server,
            self.uptime
        );
    }
}

#[derive(Clone)]
struct Server {
    cluster: u32,
    organization: u32,
    from: u32,
    until: u32,
    phase: u32,
    release: u32,
    /// In a thousand, that it takes a new release on a day.
    eager: u32,
    size: u32,
    looks: u32,
}

/// All reports, day by day, in the order in which they come.
pub(crate) struct Fleet {
    servers: Vec<Server>,
    order: Vec<u32>,
    random: Random,
    day: u32,
    next: usize,
}

impl Fleet {
    pub(crate) fn new(wanted: u32) -> Fleet {
        let mut random = Random(20_261_123);
        let mut servers: Vec<Server> = Vec::new();
        let (mut cluster, mut left, mut organization) = (0, 0, 0);
        for _ in 0..wanted {
            if left == 0 {
                cluster += 1;
                left = 1 + random.below(5);
                let registered = random.below(5) == 0;
                organization = if registered {
                    1 + random.below(ORGANIZATIONS)
                } else {
                    0
                };
            }
            left -= 1;
            let from = match random.below(10) {
                0..6 => 0,
                _ => random.below(DAYS),
            };
            servers.push(Server {
                cluster,
                organization,
                from,
                until: from + 30 + random.below(600),
                phase: random.below(86_400_000),
                release: random.below(RELEASES_BEFORE),
                eager: 5 + random.below(150),
                size: 1 + random.below(1_000).pow(2),
                looks: random.below(100),
            });
        }
        let mut order: Vec<u32> = (0..servers.len() as u32).collect();
        order.sort_by_key(|server| servers[*server as usize].phase);
        Fleet {
            servers,
            order,
            random,
            day: 0,
            next: 0,
        }
    }
}

impl Iterator for Fleet {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if self.next == self.order.len() {
                (self.day, self.next) = (self.day + 1, 0);
            }
            if self.day == DAYS {
                return None;
            }
            let id = self.order[self.next];
            self.next += 1;
            let day = self.day;
            let server = &mut self.servers[id as usize];
            if day < server.from || day >= server.until || self.random.below(20) == 0 {
                continue;
            }
            let newest = RELEASES_BEFORE + day / RELEASE_EVERY_DAYS;
            if server.release < newest && self.random.below(1_000) < server.eager {
                server.release = newest;
            }
            let looks = server.looks as usize;
            return Some(Row {
                server: id + 1,
                cluster: server.cluster,
                organization: server.organization,
                day,
                at: server.phase,
                release: server.release,
                os: OS[[0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3][looks % 11]],
                arch: ARCH[[0, 0, 0, 0, 1, 1, 2][looks % 7]],
                deployment: DEPLOYMENT[looks % 4],
                series: u64::from(server.size) + u64::from(day) * u64::from(server.size) / 97,
                databases: 1 + server.size % 40,
                uptime: f64::from(day - server.from) * 86_400.0 + f64::from(server.phase % 1_000),
            });
        }
    }
}

/// Numbers that look like chance (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * u128::from(n)) >> 64) as u32
    }
}
