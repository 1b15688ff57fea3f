//! A target that behaves: everything that is to arrive does, once, in order, whatever becomes of the journal
//! meanwhile.

use std::io::Read;

use usage_store::erasure::{ErasureRequest, Whose};

use super::super::limits::{POST_BYTES, POST_LINES};
use super::*;

fn numbers(target: &Scripted) -> Vec<u64> {
    let of_line = |line: &String| {
        line.split_once("server_id=s")?
            .1
            .split_once(' ')?
            .0
            .parse()
            .ok()
    };
    target.lines().iter().filter_map(of_line).collect()
}

#[test]
fn stats_and_usage_arrive_and_the_place_moves() {
    let (world, target) = (World::new(), Scripted::well());
    let check_in = r#"{"cluster_id":"c","server_id":"s","host":"h","product":"p","version":"1"}"#;
    let stats = r#"{"cluster_id":"c","server_id":"s","stats":[{"name":"write","tags":{"path":"/"},"values":{"ok":3,"up":true}}]}"#;
    let usage = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c","n":1.5,"said":"a b"}}]"#;
    world.append(&[
        report(Kind::Servers, "p", check_in),
        report(Kind::Stats, "p", stats),
        report(Kind::Usage, "q", usage),
        report(Kind::Usage, "q", "[]"),
    ]);
    let mut follower = world.follower(&to(&target));
    forward_all(&mut follower);
    assert_eq!(
        target.lines(),
        [
            r#"p,cluster_id=c,kind=stats,series=write,server_id=s,path=/ ok=3.0,up=true,observed=1i"#,
            r#"q,cluster_id=c,kind=usage,os=linux n=1.5,said="a b",observed=1i"#,
        ]
    );
    let times: Vec<String> = target.posts()[0]
        .text()
        .lines()
        .map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
        .collect();
    assert_eq!(times, ["1767323045000001000", "1767323045000002000"]);
    let head = target.posts()[0].head.clone();
    assert!(head.starts_with("POST /write?db=usage HTTP/1.1"), "{head}");
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    assert_eq!(world.watch.forward.reports.get(), 2);
    assert!(world.is_done());
    forward_all(&mut follower);
    forward_all(&mut world.follower(&to(&target)));
    assert_eq!(
        target.posts().len(),
        1,
        "nothing is new, also after a restart"
    );
}

#[test]
fn each_target_has_a_place_of_its_own() {
    let (world, first, second) = (World::new(), Scripted::well(), Scripted::well());
    world.servers(0..3);
    forward_all(&mut world.follower(&to(&first)));
    world.servers(3..5);
    forward_all(&mut world.follower(&to(&second)));
    forward_all(&mut world.follower(&to(&first)));
    assert_eq!(numbers(&first), [0, 1, 2, 3, 4]);
    assert_eq!(first.posts().len(), 2);
    assert_eq!(numbers(&second), [0, 1, 2, 3, 4]);
}

#[test]
fn a_target_begins_where_it_is_told() {
    let received = |n, text: &str| NewReport {
        received_at: at(text),
        ..usage("p", n)
    };
    for (from, expected) in [
        (ForwardFrom::Beginning, &[0, 1, 2, 3, 9][..]),
        (
            ForwardFrom::Received(at("2026-01-01T00:00:00Z")),
            &[0, 1, 2, 3, 9],
        ),
        (
            ForwardFrom::Received(at("2026-01-02T00:00:00Z")),
            &[2, 3, 9],
        ),
        (ForwardFrom::Received(at("2026-01-04T12:00:00Z")), &[3, 9]),
        (ForwardFrom::Received(at("2026-02-01T00:00:00Z")), &[9]),
        (ForwardFrom::Now, &[9]),
    ] {
        let (world, target) = (World::new(), Scripted::well());
        for (n, day) in [(0, 1), (1, 1), (2, 3), (3, 4)] {
            world.append(&[received(n, &format!("2026-01-0{day}T12:00:00Z"))]);
        }
        let config = ForwardConfig {
            from,
            ..to(&target)
        };
        // It has begun, also where nothing came before the restart.
        forward_all(&mut world.follower(&config));
        world.append(&[received(9, "2026-03-01T00:00:00Z")]);
        forward_all(&mut world.follower(&config));
        assert_eq!(numbers(&target), expected, "{from:?}");
    }
}

#[test]
fn only_wanted_products_arrive_and_none_that_is_unlisted() {
    let (world, target) = (World::new(), Scripted::well());
    world.append(&[usage("p", 1), usage("q", 2), usage("r", 3)]);
    // As many products that nobody adopted as there may be, and one more.
    let many: Vec<_> = (0..1_000).map(|n| usage(&format!("new{n}"), 4)).collect();
    world.append(&many);
    world.append(&[usage("late", 5), usage("p", 6)]);
    let only = ForwardConfig {
        products: Some(vec!["p".to_owned(), "r".to_owned(), "late".to_owned()]),
        ..to(&target)
    };
    forward_all(&mut world.follower(&only));
    assert_eq!(numbers(&target), [1, 3, 6]);
    assert!(world.is_done());
}

#[test]
fn many_are_posted_in_bounded_pieces_and_one_large_report_too() {
    let (world, target) = (World::new(), Scripted::well());
    world.servers(0..3_000);
    let series: Vec<String> = (0..9_000)
        .map(|n| format!(r#"{{"name":"{}","values":{{"n":{n}}}}}"#, "x".repeat(300)))
        .collect();
    let stats = format!(
        r#"{{"cluster_id":"c","server_id":"s","stats":[{}]}}"#,
        series.join(",")
    );
    world.append(&[report(Kind::Stats, "p", &stats)]);
    forward_all(&mut world.follower(&to(&target)));
    assert_eq!(numbers(&target), (0..3_000).collect::<Vec<_>>());
    let posts = target.posts();
    let of_stats: Vec<_> = posts
        .iter()
        .filter(|post| post.text().contains("kind=stats"))
        .collect();
    assert!(of_stats.len() > 2);
    let lines: usize = of_stats
        .iter()
        .map(|post| post.text().matches("kind=stats").count())
        .sum();
    assert_eq!(lines, 9_000);
    for post in &posts {
        assert!(post.body.len() <= POST_BYTES && post.text().lines().count() <= POST_LINES);
        assert!(post.body.ends_with(b"\n"), "only whole lines");
    }
}

#[test]
fn what_proves_who_we_are_and_gzip_are_in_the_head() {
    let (world, target) = (World::new(), Scripted::well());
    world.servers(0..1);
    let by_password = ForwardConfig {
        proof: Some(ForwardProof::Password {
            user: "ann".to_owned(),
            password: "sesame".to_owned(),
        }),
        gzip: true,
        ..to(&target)
    };
    forward_all(&mut world.follower(&by_password));
    world.servers(1..2);
    let by_token = ForwardConfig {
        proof: Some(ForwardProof::Token("sesame".to_owned())),
        ..to(&target)
    };
    forward_all(&mut world.follower(&by_token));
    let posts = target.posts();
    let head = posts[0].head.to_lowercase();
    assert!(
        head.contains("authorization: basic yw5uonnlc2ftzq=="),
        "{head}"
    );
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&posts[0].body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.starts_with("p,cluster_id=c,"), "{text}");
    let head = posts[1].head.to_lowercase();
    assert!(head.contains("authorization: token sesame"), "{head}");
}

#[test]
fn re_packing_moves_nothing_and_what_is_erased_is_not_there() {
    let (world, target) = (World::new(), Scripted::well());
    world.servers(0..700);
    let mut follower = world.follower(&to(&target));
    forward_all(&mut follower);
    world.servers(700..2_500);
    world.settle();
    let request = ErasureRequest {
        product: "p".to_owned(),
        cluster_id: "c".to_owned(),
        server_id: Some("s2000".to_owned()),
        whose: Whose::Everybodys,
        actor: "test".to_owned(),
    };
    world
        .store
        .request_erasure(&request, "code", Timestamp::now())
        .unwrap();
    while world.store.erase_next(Timestamp::now()).unwrap() {}
    forward_all(&mut follower);
    let expected: Vec<u64> = (0..2_500).filter(|n| *n != 2_000).collect();
    assert_eq!(numbers(&target), expected);
    assert!(world.is_done());
}

#[test]
fn what_retention_took_before_is_counted_as_missed() {
    let (world, target) = (World::new(), Scripted::well());
    world.servers(0..10);
    forward_all(&mut world.follower(&to(&target)));
    world.servers(10..2_100);
    world.settle();
    while world.store.retire(Timestamp::now()).unwrap() {}
    let first = world.store.journal_first().unwrap();
    assert!(first >= 1_024, "something is gone");
    forward_all(&mut world.follower(&to(&target)));
    assert_eq!(world.watch.forward.missed.get(), first - 10);
    let expected: Vec<u64> = (0..10).chain(first..2_100).collect();
    assert_eq!(numbers(&target), expected);
}
