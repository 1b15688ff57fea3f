//! The suite that the client's mock is checked with, asked of the real server.

use usage_client::testing::conformance;

use crate::folder::Folder;

#[test]
fn the_server_is_a_usage_api() {
    let folder = Folder::new();
    let token = folder.token("Acme");
    let server = folder.serve();
    let report = conformance(&format!("http://{}", server.address()), &token).unwrap();
    assert!(report.passed(), "{report}");
    server.stop();
}
