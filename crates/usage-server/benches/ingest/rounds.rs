//! The rounds: each server in turn, all servers in each round, so that what else happens on the
//! machine hits them alike.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::child::Server;
use crate::load::{self, Measured};
use crate::options::Options;
use crate::request::{Template, USAGE};
use crate::{influx, ours, postgres, table};

/// What one server did in one round.
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    /// Processor time a request, in microseconds: until the last answer, and until all that follows
    /// from it was done.
    pub(crate) cpu_micros: f64,
    pub(crate) cpu_micros_settled: f64,
    pub(crate) refused: u64,
}

/// All that was measured of one server.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// By number of connections.
    pub(crate) rounds: Vec<Vec<Round>>,
    pub(crate) reports: u64,
    pub(crate) disk_bytes: u64,
    pub(crate) peak_mib: f64,
}

/// Runs what was asked for and prints it.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let servers = start(options)?;
    let mut rows: Vec<Row> = servers
        .iter()
        .map(|server| Row::new(server, options))
        .collect();
    let mut sent = 0;
    for round in 0..options.rounds {
        for (at, connections) in options.connections.iter().enumerate() {
            eprintln!(
                "round {} of {}, {connections} connections",
                round + 1,
                options.rounds
            );
            for (server, row) in servers.iter().zip(&mut rows) {
                let measured = measure(server, *connections, sent, options.lasting)?;
                sent += 10_000_000;
                row.reports += measured.1;
                row.rounds[at].push(measured.0);
            }
        }
    }
    for (server, row) in servers.iter().zip(&mut rows) {
        row.disk_bytes = server.disk_bytes();
        row.peak_mib = server.peak_mib();
    }
    table::print(&options.connections, &rows);
    for (server, row) in servers.iter().zip(&rows) {
        if let (Some(data), true) = (&server.data, server.name.starts_with("usage-server")) {
            let tiers = ours::tiers(data.path()).map_err(io::Error::other)?;
            let each = tiers
                .map(|(name, bytes)| format!("{name} {:.0}", bytes as f64 / row.reports as f64));
            println!("\n{}, bytes a report: {}", server.name, each.join(", "));
        }
    }
    if let Some(lasting) = options.soak {
        soak(&servers[..2], sent, lasting)?;
    }
    Ok(())
}

impl Row {
    fn new(server: &Server, options: &Options) -> Row {
        Row {
            name: server.name,
            rounds: options.connections.iter().map(|_| Vec::new()).collect(),
            reports: 0,
            disk_bytes: 0,
            peak_mib: 0.0,
        }
    }
}

/// The limit first: the others are compared to it.
fn start(options: &Options) -> io::Result<Vec<Server>> {
    let mut limit = Command::new(std::env::current_exe()?);
    let template = Template::post("/api/v1/usage/influxdb", "", USAGE);
    let mut servers = vec![
        Server::start("limit (bare hyper)", limit.arg("limit"), template, None)?,
        ours::start(false)?,
        ours::start(true)?,
    ];
    if let Some(reports) = options.grown {
        servers.push(ours::start_grown(reports)?);
    }
    if !options.ours_only {
        for (name, peer) in [
            ("PostgreSQL", postgres::start()?),
            ("InfluxDB", influx::start()?),
        ] {
            match peer {
                Some(peer) => servers.push(peer),
                None => eprintln!("left out, not installed: {name}"),
            }
        }
    }
    Ok(servers)
}

fn measure(
    server: &Server,
    connections: u64,
    first: u64,
    lasting: Duration,
) -> io::Result<(Round, u64)> {
    let before = server.cpu_seconds();
    let measured = load::run(
        server.address,
        &server.template,
        connections,
        first,
        lasting,
    )?;
    let answered = server.cpu_seconds();
    server.settle();
    let settled = server.cpu_seconds();
    let reports = measured.nanos.len() as u64;
    let micros = |until: f64| (until - before) * 1e6 / reports as f64;
    let round = Round {
        per_second: measured.per_second(),
        p50: measured.percentile(0.5),
        p99: measured.percentile(0.99),
        p999: measured.percentile(0.999),
        cpu_micros: micros(answered),
        cpu_micros_settled: micros(settled),
        refused: measured.refused,
    };
    Ok((round, reports))
}

/// One long round, with the read model following.
fn soak(servers: &[Server], first: u64, lasting: Duration) -> io::Result<()> {
    for server in servers {
        let measured: Measured = load::run(server.address, &server.template, 64, first, lasting)?;
        println!(
            "soak, {} s at 64 connections, {}: {:.0} requests/s, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, \
             worst {:.2} ms, refused {}",
            lasting.as_secs(),
            server.name,
            measured.per_second(),
            measured.percentile(0.5),
            measured.percentile(0.99),
            measured.percentile(0.999),
            measured.percentile(1.0),
            measured.refused,
        );
        server.settle();
    }
    Ok(())
}
