//! Reports as they come, through the real server: at once, uncompressed, and no hindrance to a stop.

use std::io::Read;

use crate::folder::Folder;
use crate::patience::until;
use crate::person::Person;

const EMAIL: &str = "ann@example.com";

#[test]
fn what_comes_is_passed_on_and_a_stop_waits_for_nobody_who_looks() {
    let folder = Folder::new();
    let server = folder.serve();
    let password = folder.run(&["operator", "add", "--email", EMAIL]).well();
    let mut ann = Person::new(&server);
    let form = ann.open("/sign-in");
    let entered = [("email", EMAIL), ("password", password.trim_end())];
    assert_eq!(ann.send(&form, "/sign-in", &entered).status(), 303);
    let mut connection = server.connect();
    let request = format!(
        "GET /live HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nCookie: {}\r\n\r\n",
        ann.cookie_line()
    );
    connection.send(request.as_bytes()).unwrap();
    let mut stream = connection.into_stream();
    let mut came = Vec::new();
    let mut piece = [0; 4_096];
    let mut sender = server.connect();
    until("a report to be passed on", || {
        // What came before somebody looks is not told, so there is one each time.
        let body = r#"[{"values":{"cluster_id":"looked-at"}}]"#;
        assert_eq!(sender.post("/api/v1/usage/p", &[], body).status(), 200);
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&came));
        came.extend_from_slice(&piece[..read]);
        String::from_utf8_lossy(&came)
            .contains("looked-at")
            .then_some(())
    });
    let text = String::from_utf8_lossy(&came).into_owned();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(!text.contains("content-encoding"), "{text}");
    let said = server.stopped();
    assert!(!said.contains("still under way"), "{said}");
    while stream.read(&mut piece).is_ok_and(|read| read > 0) {}
}
