//! The published Go client library, as Debian ships it: all examples of its README against
//! this server, through the library's own eyes.

use std::process::Command;

use serde_json::{Value, json};

use crate::folder::{Folder, Ids};
use crate::process::Process;
use crate::programs;

const PACKAGE: &str = "golang-github-influxdb-usage-client-dev";
const LIBRARY: &str = "/usr/share/gocode/src/github.com/influxdata/usage-client";

#[test]
fn its_readme_examples_get_what_they_expect() {
    let Some(go) = programs::program("go", "golang-go") else {
        return;
    };
    if programs::folder(LIBRARY, PACKAGE).is_none() {
        return;
    }
    let folder = Folder::new();
    let server = folder.serve();
    folder.take_over("Acme", "token-goes-here");

    let mut command = Command::new(go);
    command
        .args([
            "run",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/go/main.go"),
        ])
        .arg(server.url())
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOFLAGS", "")
        .env("GOCACHE", folder.beside("go-cache"))
        .env("HOME", folder.beside("home"));
    let said = Process::start(&mut command, b"").ended().well();
    let results: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let result = |example: &str| {
        results
            .iter()
            .find(|result| result["example"] == example)
            .unwrap_or_else(|| panic!("{said}"))
    };

    let registration = format!(
        "{}/start?cluster_id=clus1&product=chronograf&redirect_url=http%3A%2F%2Fexample.com",
        server.url()
    );
    assert_eq!(result("registration")["url"], registration);
    for (example, status) in [
        ("server", 201),
        ("stats", 200),
        ("usage", 200),
        ("server without a token", 201),
    ] {
        assert_eq!(result(example)["error_type"], "", "{said}");
        assert_eq!(result(example)["status"], status, "{said}");
        assert!(result(example)["body"]["next_report_in"].is_u64(), "{said}");
    }
    let blank = result("blank server");
    assert_eq!(blank["status"], 422);
    assert_eq!(blank["error_type"], "client.ValidationErrors");
    assert_eq!(
        blank["errors"],
        json!({
            "cluster_id": ["ClusterID can not be blank."],
            "server_id": ["ServerID can not be blank."],
            "host": ["Host can not be blank."],
            "product": ["Product can not be blank."],
            "version": ["Version can not be blank."],
        })
    );
    for (example, status) in [("wrong token", 401), ("blank product", 404)] {
        assert_eq!(result(example)["status"], status, "{said}");
        assert_eq!(
            result(example)["error_type"],
            "client.SimpleError",
            "{said}"
        );
        assert_ne!(result(example)["error"], "", "{said}");
    }

    let export = folder.export();
    let seen: Vec<_> = export
        .iter()
        .map(|r| {
            (
                r.kind.as_str(),
                r.product.as_str(),
                r.organization.as_deref(),
            )
        })
        .collect();
    let acme = Some("Acme");
    assert_eq!(
        seen,
        [
            ("servers", "influxdb", acme),
            ("stats", "influxdb", acme),
            ("usage", "influxdb", acme),
            ("servers", "influxdb", None),
        ],
        "nothing of what was refused"
    );
    assert_eq!(export[1].ids, [Ids::new("clus1", Some("serv1"))]);
    assert_eq!(export[2].ids, [Ids::new("23423", Some("1"))]);
    for (report, sent) in export
        .iter()
        .zip(["server", "stats", "usage", "server without a token"])
    {
        assert_eq!(report.body.get(), result(sent)["sent"], "{sent}");
    }
    server.stop();
}
