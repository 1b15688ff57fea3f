//! Tokens at a running server: issued, taken over, bound, revoked; each at once.

use crate::folder::{Folder, Running};

const USAGE: &str = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c1","server_id":"s1"}}]"#;

fn usage_under(server: &Running, token: &str) -> u16 {
    server
        .connect()
        .post(
            "/api/v1/usage/influxdb",
            &[("X-Authorization", token)],
            USAGE,
        )
        .status()
}

#[test]
fn a_token_is_alone_on_standard_output_and_valid_at_once() {
    let folder = Folder::new();
    let server = folder.serve();
    assert_eq!(usage_under(&server, "usage_unknown"), 401);

    let said = folder
        .run(&["token", "issue", "--organization", "Acme"])
        .well();
    let token = said.strip_suffix('\n').unwrap();
    assert!(
        token.len() > 32 && !token.contains(char::is_whitespace),
        "{said:?}"
    );
    assert_eq!(usage_under(&server, token), 200);

    let export = folder.export();
    assert_eq!(export.len(), 1, "nothing of the refused report is kept");
    assert_eq!(export[0].organization.as_deref(), Some("Acme"));
    server.stop();
}

#[test]
fn a_token_can_be_issued_before_the_first_start() {
    let folder = Folder::new();
    let token = folder.token("Acme");
    let server = folder.serve();
    assert_eq!(usage_under(&server, &token), 200);
    server.stop();
}

#[test]
fn organizations_are_one_whatever_the_case_of_their_name() {
    let folder = Folder::new();
    let server = folder.serve();
    for name in ["Acme", "ACME", " acme "] {
        assert_eq!(usage_under(&server, &folder.token(name)), 200);
    }
    let names: Vec<_> = folder
        .export()
        .into_iter()
        .map(|report| report.organization)
        .collect();
    assert_eq!(names, vec![Some("Acme".to_owned()); 3]);
    assert!(
        folder
            .run(&["token", "issue", "--organization", " "])
            .refused(2)
            .contains("organ")
    );
    server.stop();
}

#[test]
fn a_token_from_elsewhere_is_taken_over_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let old = "0f0e4f3e-6d2a-4a05-9d4c-000000000001";
    assert_eq!(usage_under(&server, old), 401);
    folder.take_over("Acme", old);
    assert_eq!(usage_under(&server, old), 200);

    let again = ["token", "issue", "--organization", "Other", "--token-stdin"];
    let line = folder.run_with(&again, old).refused(1);
    assert!(!line.contains(old), "an error never shows a token: {line}");
    folder.run_with(&again, "").refused(2);
    folder.run_with(&again, "two\nlines").refused(2);
    server.stop();
}

#[test]
fn a_revoked_token_is_refused_at_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let (whole, by_prefix) = (folder.token("Acme"), folder.token("Acme"));
    assert_eq!(
        [
            usage_under(&server, &whole),
            usage_under(&server, &by_prefix)
        ],
        [200, 200]
    );

    let line = folder.run(&["token", "revoke", "usage_"]).refused(1);
    assert!(
        !line.contains(&whole) && !line.contains(&by_prefix),
        "{line}"
    );
    assert_eq!(
        [
            usage_under(&server, &whole),
            usage_under(&server, &by_prefix)
        ],
        [200, 200]
    );

    folder.run(&["token", "revoke", &whole]).well();
    assert_eq!(
        [
            usage_under(&server, &whole),
            usage_under(&server, &by_prefix)
        ],
        [401, 200]
    );
    folder.run(&["token", "revoke", &by_prefix[..14]]).well();
    assert_eq!(usage_under(&server, &by_prefix), 401);

    folder.run(&["token", "revoke", &whole]).well();
    folder
        .run(&["token", "revoke", "usage_nobody_has_this"])
        .refused(1);
    assert_eq!(
        folder.export().len(),
        5,
        "what was accepted stays, what was refused is not there"
    );
    server.stop();
}

#[test]
fn a_connection_that_stays_open_notices_a_revoked_token() {
    let folder = Folder::new();
    let server = folder.serve();
    let token = folder.token("Acme");
    let mut connection = server.connect();
    let mut status = || {
        let headers = [("X-Authorization", token.as_str())];
        connection
            .post("/api/v1/usage/influxdb", &headers, USAGE)
            .status()
    };
    assert_eq!(status(), 200);
    folder.run(&["token", "revoke", &token]).well();
    assert_eq!([status(), status()], [401, 401]);
    server.stop();
}

#[test]
fn a_token_may_be_bound_to_a_product_and_a_cluster() {
    let folder = Folder::new();
    let server = folder.serve();
    let issue = [
        "token",
        "issue",
        "--organization",
        "Acme",
        "--product",
        "influxdb",
    ];
    let said = folder
        .run(&[&issue[..], &["--cluster", "c1"]].concat())
        .well();
    let bound = said.trim_end();
    assert_eq!(usage_under(&server, bound), 200);
    let post = |target: &str, body: &str| {
        server
            .connect()
            .post(target, &[("X-Authorization", bound)], body)
            .status()
    };
    assert_eq!(
        post("/api/v1/usage/kapacitor", USAGE),
        401,
        "another product"
    );
    assert_eq!(
        post("/api/v1/usage/influxdb", &USAGE.replace("c1", "c2")),
        401,
        "another cluster"
    );
    assert_eq!(folder.export().len(), 1);
    server.stop();
}

#[test]
fn a_revoked_token_is_told_so_even_with_a_body_that_is_wrong() {
    let folder = Folder::new();
    let server = folder.serve();
    let token = folder.token("Acme");
    assert_eq!(usage_under(&server, &token), 200);
    folder.run(&["token", "revoke", &token]).well();
    let broken = server.connect().post(
        "/api/v1/usage/influxdb",
        &[("X-Authorization", &token)],
        "{bad",
    );
    assert_eq!(broken.status(), 401, "{}", broken.text());
    let blank = server
        .connect()
        .post("/api/v1/usage/%20", &[("X-Authorization", &token)], USAGE);
    assert_eq!(blank.status(), 401, "{}", blank.text());
    server.stop();
}

#[test]
fn a_token_is_not_bound_to_a_blank_name() {
    let folder = Folder::new();
    for flag in ["--product", "--cluster"] {
        let line = folder
            .run(&["token", "issue", "--organization", "Acme", flag, " "])
            .refused(2);
        assert!(line.contains(flag), "{line}");
    }
}

#[test]
fn it_is_known_when_a_token_was_last_used() {
    let folder = Folder::new();
    let server = folder.serve();
    let (used, unused) = (folder.token("Acme"), folder.token("Acme"));
    assert_eq!(usage_under(&server, &used), 200);
    server.stop();
    let store = usage_store::Store::open(&folder.data(), usage_store::Writing::Beside).unwrap();
    let acme = store.find_organization("Acme").unwrap().unwrap();
    for listed in store.tokens_of(acme.id).unwrap() {
        assert_eq!(
            listed.used_at.is_some(),
            used.starts_with(&listed.prefix),
            "{listed:?}; never {unused}"
        );
    }
}
