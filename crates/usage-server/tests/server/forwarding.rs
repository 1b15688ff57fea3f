//! A real InfluxDB gets what is accepted: values as they were reported, whoever is killed in between.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::folder::{Folder, Running};
use crate::influx_database::Influxd;
use crate::patience::until;
use crate::scrape::Scrape;
use crate::watching::watched;

/// An address that stays, whichever influxd is behind it; with none it hangs up.
struct Relay {
    address: SocketAddr,
    to: Arc<Mutex<Option<SocketAddr>>>,
}

impl Relay {
    fn start() -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let to = Arc::new(Mutex::new(None));
        std::thread::spawn({
            let to = to.clone();
            move || {
                for near in listener.incoming().map_while(Result::ok) {
                    let target: Option<SocketAddr> = *to.lock().unwrap();
                    let far = target.and_then(|address| TcpStream::connect(address).ok());
                    if let Some(far) = far {
                        for (from, to) in [
                            (near.try_clone().unwrap(), far.try_clone().unwrap()),
                            (far, near),
                        ] {
                            std::thread::spawn(move || pass(from, to));
                        }
                    }
                }
            }
        });
        Relay { address, to }
    }

    fn leads_to(&self, influxd: Option<&Influxd>) {
        *self.to.lock().unwrap() = influxd.map(|influxd| influxd.address);
    }

    fn serve(&self, folder: &Folder) -> (Running, SocketAddr) {
        let url = format!("http://{}/write?db=usage", self.address);
        watched(
            folder,
            &["--forward-url", &url, "--forward-from", "beginning"],
        )
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

fn report(server: &Running, path: &str, body: &Value) {
    let reply = server.connect().post(path, &[], body.to_string());
    assert!(reply.status() < 300, "{}", reply.text());
}

fn all_is_forwarded(metrics: SocketAddr) -> Scrape {
    until("everything to be forwarded", || {
        let scrape = Scrape::of(metrics);
        let places = scrape.number("usage_journal_places");
        let behind = scrape.number("usage_forward_behind_reports");
        (places > 0.0 && behind == 0.0).then_some(scrape)
    })
}

#[test]
fn values_queried_back_are_those_that_were_reported() {
    let folder = Folder::new();
    let Some(influxd) = Influxd::start(&folder) else {
        return;
    };
    influxd.make_database();
    let relay = Relay::start();
    relay.leads_to(Some(&influxd));
    let (server, metrics) = relay.serve(&folder);
    // The program itself writes 86400.0 like this.
    for uptime in [json!(86_400), json!(86_400.25)] {
        let values = json!({"cluster_id": "c1", "os": "linux", "version": "1.6.7", "uptime": uptime,
            "num_series": 9_007_199_254_740_991_i64, "on": true});
        report(
            &server,
            "/api/v1/usage/influxdb",
            &json!([{"tags": null, "values": values}]),
        );
    }
    let series = json!([{"name": "write", "tags": {"path": "/a b,c=d", "organization": "9"},
        "values": {"ok": 3, "said": "he said \"so\\\"\nand left"}}]);
    report(
        &server,
        "/api/v1/stats/influxdb",
        &json!({"cluster_id": "c1", "server_id": "s1", "stats": series}),
    );
    // What could make a reader lose its place in the lines; each with a neighbour.
    let nasty = [
        "\\", "a\\ b\"", "\\\\,", "=\\\"", "\n", "x\ny,z w", "\"", "語 é", "#", "a\\\n", " ",
    ];
    for (place, text) in nasty.iter().enumerate() {
        for tag in [*text, "plain"] {
            report(
                &server,
                "/api/v1/usage/na%2C%20s%3D%22%5C%20ty",
                &json!([{"tags": {"t": tag, format!("k{text}"): tag, "z\"": "\""},
                    "values": {"cluster_id": "c", "place": place, format!("f{text}"): tag}}]),
            );
        }
    }
    let scrape = all_is_forwarded(metrics);
    assert_eq!(
        scrape.number("usage_forward_refused_lines_total"),
        0.0,
        "{}",
        server.said()
    );
    assert_eq!(
        scrape.number("usage_forward_reports_total"),
        3.0 + 2.0 * nasty.len() as f64
    );

    let rows = influxd.rows(r#"SELECT * FROM "influxdb" WHERE kind = 'usage'"#);
    assert_eq!(rows.len(), 2, "{rows:?}");
    for (row, uptime) in rows.iter().zip([86_400.0, 86_400.25]) {
        assert_eq!(row["uptime"].as_f64(), Some(uptime));
        assert_eq!(row["num_series"].as_f64(), Some(9_007_199_254_740_991.0));
        assert_eq!(
            (&row["os"], &row["version"]),
            (&json!("linux"), &json!("1.6.7"))
        );
        assert_eq!(
            (&row["on"], &row["cluster_id"]),
            (&json!(true), &json!("c1"))
        );
    }
    let rows = influxd.rows(r#"SELECT * FROM "influxdb" WHERE "series" = 'write'"#);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["said"], "he said \"so\\\"\nand left");
    assert_eq!(rows[0]["path"], "/a b,c=d");
    assert_eq!(rows[0]["tag_organization"], "9", "nobody says whose it is");
    assert_eq!(rows[0]["ok"].as_f64(), Some(3.0));
    let names = influxd.rows("SHOW MEASUREMENTS");
    assert_eq!(names.len(), 2, "{names:?}");
    let rows = influxd.rows(r#"SELECT * FROM /ty$/"#);
    assert_eq!(rows.len(), 2 * nasty.len(), "{rows:?}");
    for (place, text) in nasty.iter().enumerate() {
        let mine = rows
            .iter()
            .filter(|row| row["place"].as_f64() == Some(place as f64));
        let tags: Vec<&str> = mine
            .map(|row| row["t"].as_str().unwrap_or_default())
            .collect();
        let near = |tag: &str| tag.replace(char::is_control, " ").replace('\\', "/");
        let mut tags: Vec<String> = tags.into_iter().map(near).collect();
        let mut expected = [near(text), "plain".to_owned()];
        tags.sort();
        expected.sort();
        assert_eq!(tags, expected);
    }
    server.stop();
}

#[test]
fn nothing_is_missing_whoever_was_killed() {
    let folder = Folder::new();
    let Some(influxd) = Influxd::start(&folder) else {
        return;
    };
    influxd.make_database();
    let relay = Relay::start();
    relay.leads_to(Some(&influxd));
    let send = |server: &Running, range: std::ops::Range<u32>| {
        let mut connection = server.connect();
        for n in range {
            let body =
                json!([{"values": {"cluster_id": "c", "server_id": format!("s{n}"), "n": n}}]);
            let reply = connection.post("/api/v1/usage/p", &[], body.to_string());
            assert_eq!(reply.status(), 200, "{}", reply.text());
        }
    };
    let (server, metrics) = relay.serve(&folder);
    send(&server, 0..100);
    until("the first to arrive", || {
        let scrape = Scrape::of(metrics);
        (scrape.number("usage_forward_reports_total") > 0.0).then_some(())
    });
    // Both in the middle of it.
    send(&server, 100..200);
    relay.leads_to(None);
    influxd.process.kill();
    send(&server, 200..300);
    until("a post to fail", || {
        let scrape = Scrape::of(metrics);
        (scrape.number("usage_forward_failures_total") > 0.0).then_some(())
    });
    assert_eq!(
        server.connect().get("/readyz").status(),
        200,
        "that is no reason to be away"
    );
    server.kill();
    let influxd = Influxd::start(&folder).unwrap();
    relay.leads_to(Some(&influxd));
    let (server, metrics) = relay.serve(&folder);
    send(&server, 300..400);
    all_is_forwarded(metrics);
    let rows = influxd.rows(r#"SELECT n, server_id FROM "p""#);
    let mut numbers: Vec<u32> = rows
        .iter()
        .map(|row| row["n"].as_f64().unwrap() as u32)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..400).collect::<Vec<_>>(), "each once");
    server.stop();
}
