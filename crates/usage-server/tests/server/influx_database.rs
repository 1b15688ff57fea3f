//! A real InfluxDB to write into and to ask: the one that Debian ships, on a port of its own choice.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::folder::Folder;
use crate::http::Connection;
use crate::patience::until;
use crate::process::Process;
use crate::programs;

/// An influxd on a free port, which reports to nobody.
pub(crate) struct Influxd {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Influxd {
    /// On the data of an earlier one in the same folder.
    pub(crate) fn start(folder: &Folder) -> Option<Influxd> {
        let influxd = programs::program("influxd", "influxdb")?;
        let at = |name: &str| folder.beside(name).display().to_string();
        let config = folder.beside("influxdb.conf");
        let text = format!(
            "reporting-enabled = false\nreporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n\
             [meta]\ndir = {:?}\n[data]\ndir = {:?}\nwal-dir = {:?}\n\
             [http]\nbind-address = \"127.0.0.1:0\"\nlog-enabled = false\n",
            at("influxd/meta"),
            at("influxd/data"),
            at("influxd/wal"),
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(influxd);
        command
            .args(["run", "-config"])
            .arg(&config)
            .env("HOME", folder.beside("home"));
        let process = Process::start(&mut command, b"");
        let address = until("influxd to listen", || {
            let said = process.said();
            let line = said
                .lines()
                .find(|line| line.contains("Listening on HTTP"))?;
            let from = line.find("127.0.0.1:")?;
            let address = &line[from..];
            let end = address.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'));
            address[..end.unwrap_or(address.len())].parse().ok()
        });
        until("influxd to answer", || {
            let mut connection = Connection::open(address).ok()?;
            let reply = connection
                .exchange(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
                .ok()?;
            (reply.status() == 204).then_some(())
        });
        Some(Influxd { process, address })
    }

    pub(crate) fn make_database(&self) {
        let reply =
            Connection::open(self.address)
                .unwrap()
                .post("/query?q=CREATE+DATABASE+usage", &[], "");
        assert_eq!(reply.status(), 200, "{}", reply.text());
    }

    /// The rows of a query, each with its columns by name.
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let target = format!("/query?db=usage&epoch=ns&q={query}");
        let reply = Connection::open(self.address).unwrap().get(&target);
        let answer = reply.json();
        assert!(!reply.text().contains("\"error\""), "{query}: {answer}");
        let Some(series) = answer["results"][0]["series"].as_array() else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        for one in series {
            let columns = one["columns"].as_array().unwrap();
            for values in one["values"].as_array().unwrap() {
                let named = columns.iter().zip(values.as_array().unwrap());
                rows.push(
                    named
                        .map(|(name, value)| (name.as_str().unwrap().to_owned(), value.clone()))
                        .collect(),
                );
            }
        }
        rows
    }
}
