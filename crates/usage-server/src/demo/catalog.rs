//! What the demo's world consists of: products and their releases, machines, customers.
//! Plain tables; no behaviour.

/// Which program's way of reporting a product follows (its tags, values and ids).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Usage only, everything in values, no server id.
    InfluxDb,
    /// Usage only, tags and values, both ids.
    Kapacitor,
    /// Usage only, a new cluster id at each start.
    Chronograf,
    /// Check-in at each start, stats daily, usage; clusters of several servers, tokens.
    Tidewater,
}

/// A product and its history.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    /// Version, and how many days before the demo's last day it came out; oldest first.
    pub(super) releases: &'static [(&'static str, u32)],
}

/// Products with their share of the installations. The last two are what operators find under
/// "new names": a small tool, and a program that misspells its own.
pub(super) const PRODUCTS: &[(&Product, u32)] = &[
    (&INFLUXDB, 190),
    (&TIDEWATER, 90),
    (&KAPACITOR, 55),
    (&CHRONOGRAF, 35),
    (&IFQLD, 5),
    (&KAPICATOR, 3),
];

const INFLUXDB: Product = Product {
    name: "influxdb",
    dialect: Dialect::InfluxDb,
    releases: &[
        ("1.6.7", 2400),
        ("1.7.11", 1500),
        ("1.8.10", 900),
        ("1.11.7", 420),
        ("1.11.8", 230),
        ("1.12.0", 96),
        ("1.12.1", 61),
        ("1.12.2", 17),
    ],
};

const KAPACITOR: Product = Product {
    name: "kapacitor",
    dialect: Dialect::Kapacitor,
    releases: &[
        ("1.5.9", 1200),
        ("1.6.6", 600),
        ("1.7.5", 260),
        ("1.7.6", 120),
        ("1.7.7", 48),
        ("1.8.0", 12),
    ],
};

const KAPICATOR: Product = Product {
    name: "kapicator",
    ..KAPACITOR
};

const CHRONOGRAF: Product = Product {
    name: "chronograf-ng",
    dialect: Dialect::Chronograf,
    releases: &[
        ("1.9.4", 800),
        ("1.10.3", 330),
        ("1.10.5", 110),
        ("1.10.7", 33),
    ],
};

const IFQLD: Product = Product {
    name: "ifqld",
    dialect: Dialect::Kapacitor,
    releases: &[("0.0.4", 300), ("0.1.0", 40)],
};

const TIDEWATER: Product = Product {
    name: "tidewater",
    dialect: Dialect::Tidewater,
    releases: &[
        ("2.1.4", 520),
        ("2.2.0", 390),
        ("2.2.3", 280),
        ("2.3.0", 160),
        ("2.3.1", 128),
        ("2.4.0", 82),
        ("2.4.1", 71),
        ("2.5.0", 26),
        ("2.5.1", 8),
    ],
};

/// Operating system and architecture, by weight.
pub(super) const MACHINES: &[((&str, &str), u32)] = &[
    (("linux", "amd64"), 790),
    (("linux", "arm64"), 110),
    (("windows", "amd64"), 40),
    (("darwin", "arm64"), 22),
    (("linux", "arm"), 20),
    (("darwin", "amd64"), 8),
    (("freebsd", "amd64"), 7),
    (("linux", "386"), 3),
];

pub(super) const DEPLOYMENTS: &[(&str, u32)] = &[
    ("docker", 46),
    ("kubernetes", 27),
    ("package", 22),
    ("binary", 5),
];

/// How many servers a Tidewater cluster has.
pub(super) const CLUSTER_SIZES: &[(u32, u32)] = &[(1, 60), (3, 26), (5, 10), (7, 3), (12, 1)];

/// Customers with a token; the larger ones run several clusters.
pub(super) const ORGANIZATIONS: &[(&str, u32)] = &[
    ("Northwind Energy", 30),
    ("Hafen Logistik GmbH", 22),
    ("Kitasato Labs", 16),
    ("Pampa Telecom", 12),
    ("Fjordlåks Data AS", 8),
    ("Baobab Bank", 6),
    ("Trześniewski & Söhne", 3),
];

pub(super) const HOST_STEMS: &[(&str, u32)] = &[
    ("tide", 5),
    ("store", 4),
    ("s3gw", 3),
    ("node", 6),
    ("blob", 2),
];
