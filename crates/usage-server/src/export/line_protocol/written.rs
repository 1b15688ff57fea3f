//! What is written, to the letter.

use usage_store::StoredReport;
use usage_store::report::Kind;

use super::super::{Found, rows};
use super::*;

fn report(product: &str, body: &str) -> StoredReport {
    StoredReport {
        seq: 1_042,
        kind: Kind::Usage,
        product: product.into(),
        organization: None,
        received_at: "2026-11-23T10:30:00.5Z".parse().unwrap(),
        reported_at: None,
        idempotency_key: None,
        install_key: None,
        unlisted: false,
        body: body.as_bytes().to_vec(),
    }
}

fn lines(columns: &Columns, report: &StoredReport) -> Vec<String> {
    let mut out = Vec::new();
    for row in rows(report, Some("Acme, Inc.")) {
        write(&mut out, Some(columns), &row).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn everything_is_escaped_as_the_protocol_has_it() {
    for (text, written) in [
        ("plain", "plain"),
        ("a b,c=d", "a\\ b\\,c\\=d"),
        ("C:\\dir", "C:\\dir"),
        ("ends\\", "ends/"),
        ("a\\,b\\ c\\\\", "a/\\,b/\\ c\\/"),
        ("two\nlines", "two\\ lines"),
        ("é\"", "é\""),
    ] {
        assert_eq!(escaped(text, KEYS), written, "{text:?}");
    }
    assert_eq!(quoted("say \"hi\" \\ ="), "\"say \\\"hi\\\" \\\\ =\"");
    assert_eq!(measurement("a=b c,d"), "a=b\\ c\\,d");
    assert_eq!(measurement("# p"), "_#\\ p");
}

#[test]
fn a_point_has_tags_fields_of_their_types_and_a_time_of_its_own() {
    let body = r#"[{"tags":{"os":"li nux","empty":""},"values":{"server_id":7,"n":-3,"f":1e300,"big":18446744073709551615,"on":true,"t":"x"}},null]"#;
    let body = body.replace(",null", ",{\"tags\":null}");
    let report = report("influxdb", &body);
    assert_eq!(
        lines(&Columns::default(), &report),
        [
            "influxdb,kind=usage,organization=Acme\\,\\ Inc.,server_id=7,os=li\\ nux big=1.8446744073709552e19,f=1e300,n=-3i,on=true,t=\"x\",observed=1i 1795429800500042000",
            "influxdb,kind=usage,organization=Acme\\,\\ Inc. observed=1i 1795429800500042001",
        ]
    );
}

#[test]
fn a_field_has_one_type() {
    let some = report("p", r#"[{"values":{"n":1,"w":true,"t":"x","observed":7}}]"#);
    let others = report(
        "p",
        r#"[{"tags":{"t":"tag"},"values":{"n":1.5,"w":"word","time":1}}]"#,
    );
    let mut found = Found::default();
    for report in [&some, &others] {
        rows(report, None).iter().for_each(|row| found.see(row));
    }
    let columns = found.columns(100);
    let fields = |report| {
        lines(&columns, report)[0]
            .split(' ')
            .skip(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(
        fields(&some).starts_with("n=1.0,value_observed=7i,w=\"true\",observed=1i "),
        "{}",
        fields(&some)
    );
    assert!(
        lines(&columns, &some)[0].contains(",t=x "),
        "{:?}",
        lines(&columns, &some)
    );
    assert!(
        fields(&others).starts_with("n=1.5,value_time=1i,w=\"word\",observed=1i "),
        "{}",
        fields(&others)
    );
}

#[test]
fn tags_without_end_are_cut_before_influxdb_refuses_the_point() {
    let tags: Vec<String> = (0..50)
        .map(|n| format!("\"t{n:02}\":\"{}\"", "x".repeat(5_000)))
        .collect();
    let report = report("p", &format!("[{{\"tags\":{{{}}}}}]", tags.join(",")));
    let line = &lines(&Columns::default(), &report)[0];
    assert!(
        line.len() < LINE_PROTOCOL_KEY_MAX_BYTES + 100,
        "{}",
        line.len()
    );
    assert!(line.contains(",t10=x"));
}
