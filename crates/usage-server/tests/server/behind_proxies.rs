//! Behind nginx and Caddy, with the configuration files that we ship: a report passes, and the
//! address of its sender does, too, so that one sender's limit is not another's.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::folder::{Folder, Running};
use crate::http::{Connection, Message, post};
use crate::patience::until;
use crate::process::{Process, usage_server};
use crate::programs;

/// Ports are free when they are looked for, and may be taken a moment later.
const PORTS_TRIED: usize = 10;

const USAGE: &str = r#"[{"values":{"cluster_id":"c1","n":1}}]"#;

fn shipped(name: &str) -> String {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    std::fs::read_to_string(deploy.join(name)).unwrap()
}

/// A file with some of its lines' texts replaced; each must be there.
fn with(mut text: String, changes: &[(&str, &str)]) -> String {
    for (from, to) in changes {
        assert!(text.contains(from), "the file has no {from:?}: {text}");
        text = text.replace(from, to);
    }
    text
}

fn serve(folder: &Folder) -> Running {
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(["--public-url", "https://usage.example.com"])
        .args(["--trusted-proxies", "127.0.0.1"])
        .args(["--sender-burst", "3", "--sender-rate", "1"])
        .arg("--limit-loopback");
    Running::start(&mut command)
}

/// Starts the proxy that `command` makes for a port, until it listens there.
fn listening(name: &str, command: impl Fn(SocketAddr) -> Command) -> (Process, SocketAddr) {
    for _ in 0..PORTS_TRIED {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut process = Process::start(&mut command(address), b"");
        let listens = until("the proxy to listen, or to give up", || {
            if process.has_ended() {
                return Some(false);
            }
            let mut connection = Connection::open(address).ok()?;
            let request = to_our_host(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let reply = connection.exchange(&request).ok()?;
            let server = reply.header("server")?.to_ascii_lowercase();
            (server.contains(name) && reply.text() == "ok\n").then_some(true)
        });
        if listens {
            return (process, address);
        }
        println!("not on {address}: {:?}", process.ended());
    }
    panic!("the proxy never listened");
}

/// What has to work through any proxy that is trusted and trusts us.
fn passes(proxy: SocketAddr, folder: &Folder) {
    let mut connection = Connection::open(proxy).unwrap();
    let mut post = |address: &str| {
        let headers = [("X-Forwarded-For", address)];
        let request = post("/api/v1/usage/influxdb", &headers, USAGE);
        connection.exchange(&to_our_host(&request)).unwrap()
    };
    let first = post("198.51.100.7");
    assert_eq!(first.status(), 200, "{}", first.text());
    assert!(first.text().contains("next_report_in"));
    assert_eq!(folder.export().len(), 1);
    // Its bucket refills while this asks, once a second.
    until("the sender's limit", || {
        (post("198.51.100.7").status() == 429).then_some(())
    });
    assert_eq!(post("198.51.100.8").status(), 200, "another sender");
    if let Some(curl) = programs::program("curl", "curl") {
        // Whom it claims to speak for doesn't matter: nobody trusts it.
        until("the limit of a sender that lies", || {
            let replies = from_elsewhere(&curl, proxy, "203.0.113.1");
            assert!(
                replies.contains("200") || replies.contains("429"),
                "{replies}"
            );
            replies.contains("429").then_some(())
        });
        until("the same limit, whoever it claims to be", || {
            let replies = from_elsewhere(&curl, proxy, "203.0.113.2");
            (!replies.starts_with("200 200 200")).then_some(())
        });
        // Nor is it taken for the proxy itself.
        let request = crate::http::post("/api/v1/usage/influxdb", &[], USAGE);
        let ours = connection.exchange(&to_our_host(&request)).unwrap();
        assert_eq!(ours.status(), 200);
    }
    // A file of the import page is larger than what proxies allow by default.
    let large = post_large(proxy);
    // Large ones count as several requests; 413 would be the proxy's.
    let by_server = [422, 429].contains(&large.status());
    assert!(
        by_server,
        "it is the server that says so: {}",
        large.status()
    );
    let page = to_our_host(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.exchange(&page).unwrap().status(), 200);
}

/// Ten reports from another address of this machine; the replies' statuses.
fn from_elsewhere(curl: &Path, proxy: SocketAddr, forwarded: &str) -> String {
    let url = format!("http://{proxy}/api/v1/usage/influxdb");
    let mut command = Command::new(curl);
    command
        .args(["--silent", "--show-error"])
        .args(["--write-out", "%{http_code} ", "--noproxy", "*"])
        .args(["--interface", "127.0.0.9", "--data", USAGE])
        .args(["--header", "Host: usage.example.com"])
        .args(["--header", &format!("X-Forwarded-For: {forwarded}")]);
    for _ in 0..10 {
        command.args(["--output", "/dev/null", &url]);
    }
    Process::start(&mut command, b"").ended().well()
}

fn post_large(proxy: SocketAddr) -> Message {
    let request = post("/api/v1/usage/influxdb", &[], " ".repeat(3 << 20));
    let mut connection = Connection::open(proxy).unwrap();
    connection.exchange(&to_our_host(&request)).unwrap()
}

/// A request to the host that proxies know us by.
fn to_our_host(request: &[u8]) -> Vec<u8> {
    let host = b"Host: localhost\r\n";
    let at = request
        .windows(host.len())
        .position(|part| part == host)
        .unwrap();
    [
        &request[..at],
        b"Host: usage.example.com\r\n",
        &request[at + host.len()..],
    ]
    .concat()
}

#[test]
fn reports_pass_nginx() {
    let Some(nginx) = programs::program("nginx", "nginx-light") else {
        return;
    };
    let folder = Folder::new();
    let server = serve(&folder);
    let upstream = server.address().to_string();
    let (proxy, address) = listening("nginx", |address| {
        let listen = format!("listen {address};");
        let site = with(
            shipped("nginx.conf"),
            &[
                ("127.0.0.1:8087", upstream.as_str()),
                ("listen 443 ssl;", listen.as_str()),
                ("    ssl_certificate ", "    # "),
                ("    ssl_certificate_key ", "    # "),
            ],
        );
        let at = folder.beside("nginx");
        std::fs::create_dir_all(&at).unwrap();
        let at = at.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log;\n\
             events {{}}\nhttp {{\n{temporary}{site}\n}}\n"
        );
        let file = folder.beside("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let mut command = Command::new(&nginx);
        command.arg("-e").arg(folder.beside("nginx/start.log"));
        command.arg("-p").arg(folder.beside("nginx"));
        command.arg("-c").arg(file);
        command
    });
    passes(address, &folder);
    proxy.signal("QUIT");
    proxy.ended();
    server.stop();
}

#[test]
fn reports_pass_caddy() {
    let Some(caddy) = programs::program("caddy", "caddy") else {
        return;
    };
    let folder = Folder::new();
    let server = serve(&folder);
    let upstream = server.address().to_string();
    let (proxy, address) = listening("caddy", |address| {
        let site = format!(
            "{{\n\tadmin off\n\tauto_https off\n}}\nhttp://usage.example.com:{} {{\n\tbind {}",
            address.port(),
            address.ip()
        );
        let text = with(
            shipped("Caddyfile"),
            &[
                ("usage.example.com {", site.as_str()),
                // As behind another proxy: the test is one.
                (
                    "reverse_proxy 127.0.0.1:8087 {\n\t\ttransport",
                    &format!(
                        "reverse_proxy {upstream} {{\n\t\ttrusted_proxies 127.0.0.1/32\n\t\ttransport"
                    ),
                ),
            ],
        );
        let file = folder.beside("Caddyfile");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(&caddy);
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(file)
            .env("HOME", folder.beside("home"))
            .env("XDG_DATA_HOME", folder.beside("home"))
            .env("XDG_CONFIG_HOME", folder.beside("home"));
        command
    });
    passes(address, &folder);
    proxy.signal("TERM");
    proxy.ended();
    server.stop();
}
