//! `usage-server demo`: a made-up fleet's history, served like a real one.

use crate::folder::{Folder, Running};
use crate::process::usage_server;

#[test]
fn a_demo_serves_a_fleet_to_whoever_signs_in() {
    let folder = Folder::new();
    let mut command = usage_server();
    command.args([
        "demo",
        "--servers",
        "30",
        "--days",
        "10",
        "--listen",
        "127.0.0.1:0",
    ]);
    let server = Running::start(command.arg("--data-dir").arg(folder.data()));

    let export = folder.export();
    assert!(export.len() > 100, "{} reports", export.len());
    for kind in ["servers", "stats", "usage"] {
        assert!(
            export.iter().any(|report| report.kind == kind),
            "some {kind}"
        );
    }
    assert!(
        export.iter().any(|report| report.organization.is_some()),
        "some organizations"
    );
    let mut products: Vec<_> = export
        .iter()
        .map(|report| report.product.as_str())
        .collect();
    products.sort_unstable();
    products.dedup();
    assert!(products.len() > 1, "several products: {products:?}");

    let page = server.connect().get("/");
    assert!(
        matches!(page.status(), 302 | 303 | 401),
        "{}",
        page.first_line
    );
    for product in products {
        assert!(
            !page.text().contains(product),
            "strangers learn nothing of {product}"
        );
    }
    server.stop();

    let again = [
        "demo",
        "--servers",
        "30",
        "--days",
        "10",
        "--listen",
        "127.0.0.1:0",
    ];
    let line = folder.run(&again).refused(1);
    assert!(line.contains("holds reports already"), "{line}");
    assert_eq!(
        folder.export().len(),
        export.len(),
        "a folder in use is left alone"
    );
}
