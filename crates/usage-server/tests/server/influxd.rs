//! An unmodified influxd reports here. The address it reports to is built in; it gets there
//! through a proxy, and trusts what its operator trusts.

use std::process::Command;

use serde_json::Value;

use crate::folder::{Folder, Ids};
use crate::process::Process;
use crate::programs;
use crate::proxy::Proxy;

const REPORTS_TO: &str = "usage.influxdata.com";

#[test]
fn its_report_comes_out_as_it_went_in() {
    let Some(influxd) = programs::program("influxd", "influxdb") else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let proxy = Proxy::start(REPORTS_TO, server.address());
    let authority = folder.beside("authority.pem");
    std::fs::write(&authority, proxy.authority()).unwrap();
    let config = folder.beside("influxdb.conf");
    std::fs::write(&config, configuration(&folder)).unwrap();

    let mut command = Command::new(influxd);
    command
        .args(["run", "-config"])
        .arg(&config)
        .env("HTTPS_PROXY", proxy.url())
        .env("SSL_CERT_FILE", &authority)
        .env("HOME", folder.beside("home"))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let influxd = Process::start(&mut command, b"");
    let passed = proxy.next();
    influxd.signal("TERM");
    influxd.ended();

    assert_eq!(passed.asked_for, format!("{REPORTS_TO}:443"));
    assert_eq!(
        passed.request.first_line,
        "POST /api/v1/usage/influxdb HTTP/1.1"
    );
    assert_eq!(passed.reply.status(), 200, "{}", passed.reply.text());
    let sent: Value = passed.request.json();
    let cluster = sent[0]["values"]["cluster_id"].as_str().unwrap();

    let export = folder.export();
    assert_eq!(export.len(), 1);
    let report = &export[0];
    assert_eq!(
        (report.kind.as_str(), report.product.as_str()),
        ("usage", "influxdb")
    );
    assert_eq!(report.organization, None);
    assert_eq!(report.ids, [Ids::new(cluster, None)]);
    // It writes no blanks between tokens, so that there are none to take away.
    assert_eq!(report.body.get(), passed.request.text());
    server.stop();
}

/// Everything in a folder of its own and on free ports. Debian spells the switch the other way
/// round than its authors do; each ignores the other's.
fn configuration(folder: &Folder) -> String {
    let at = |name: &str| folder.beside(name).display().to_string();
    format!(
        r#"reporting-enabled = true
reporting-disabled = false
bind-address = "127.0.0.1:0"

[meta]
dir = {meta:?}

[data]
dir = {data:?}
wal-dir = {wal:?}

[http]
bind-address = "127.0.0.1:0"
"#,
        meta = at("influxd/meta"),
        data = at("influxd/data"),
        wal = at("influxd/wal"),
    )
}
