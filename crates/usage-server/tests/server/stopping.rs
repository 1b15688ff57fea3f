//! How a server stops: in good order on SIGTERM and SIGINT, whoever is still connected, and
//! with everything it has accepted on disk.

use std::io::Read;

use crate::folder::Folder;
use crate::http::post;

const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;

#[test]
fn it_stops_on_either_signal_with_idle_connections_open() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let server = folder.serve();
        let mut used = server.connect();
        assert_eq!(
            used.post("/api/v1/usage/influxdb", &[], USAGE).status(),
            200
        );
        let mut unused = server.connect();
        server.stop_by(signal);
        for connection in [&mut used, &mut unused] {
            assert!(
                connection.receive().is_err(),
                "after SIG{signal} nobody answers"
            );
        }
        assert_eq!(folder.export().len(), 1);
    }
}

#[test]
fn it_stops_although_a_request_never_comes_to_its_end() {
    let folder = Folder::new();
    let server = folder.serve();
    let head = b"POST /api/v1/usage/influxdb HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n";
    let mut in_the_head = server.connect();
    in_the_head.send(head).unwrap();
    let mut in_the_body = server.connect();
    in_the_body.send(head).unwrap();
    in_the_body.send(b"\r\n[{").unwrap();
    assert_eq!(server.connect().get("/healthz").status(), 200);
    server.stop();
    for connection in [&mut in_the_head, &mut in_the_body] {
        let status = connection.receive().map_or(0, |reply| reply.status());
        assert!(!matches!(status, 200..300), "half a report is none");
    }
    assert_eq!(folder.export().len(), 0);
}

#[test]
fn it_stops_with_accepted_connections_that_never_spoke() {
    let folder = Folder::new();
    let server = folder.serve();
    let idle: Vec<_> = (0..50).map(|_| server.connect()).collect();
    // One after the others is answered: the others are accepted as well.
    assert_eq!(server.connect().get("/healthz").status(), 200);
    server.stop();
    for connection in idle {
        let read = connection.into_stream().read(&mut [0]);
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    }
}

#[test]
fn what_was_answered_is_there_after_a_stop_and_a_start() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut connection = server.connect();
    for n in 0..20 {
        let body = format!(r#"[{{"tags":null,"values":{{"cluster_id":"c{n}"}}}}]"#);
        let reply = connection
            .exchange(&post("/api/v1/usage/influxdb", &[], &body))
            .unwrap();
        assert_eq!(reply.status(), 200);
    }
    server.stop();
    let server = folder.serve();
    assert_eq!(
        server
            .connect()
            .post("/api/v1/usage/influxdb", &[], USAGE)
            .status(),
        200
    );
    let clusters: Vec<_> = folder
        .export()
        .into_iter()
        .map(|report| report.ids[0].cluster_id.clone().unwrap())
        .collect();
    let expected: Vec<_> = (0..20)
        .map(|n| format!("c{n}"))
        .chain(["c1".to_owned()])
        .collect();
    assert_eq!(clusters, expected, "in order of acceptance");
    server.stop();
}

#[test]
fn it_says_when_it_is_well_and_ready() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut connection = server.connect();
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(connection.get(probe).status(), 200, "{probe}");
    }
    server.stop();
}
