//! A target that misbehaves: the place stays, nothing is left out, and all arrives once it behaves; one line
//! that it won't have holds nobody up.

use std::sync::atomic::AtomicUsize;

use super::*;

/// Every way in which a post can fail as a whole, and what the log must say of it.
fn failures() -> Vec<(Reply, &'static str)> {
    vec![
        (
            Reply::Says(401, "", r#"{"error":"authorization failed"}"#),
            "authorization failed; give the user",
        ),
        (Reply::Says(403, "", ""), "give the user"),
        (
            Reply::Says(404, "", r#"{"error":"database not found: \"usage\""}"#),
            "database not found",
        ),
        (
            Reply::Says(301, "Location: http://127.0.0.1:9/elsewhere\r\n", ""),
            "redirects aren't followed",
        ),
        (
            Reply::Says(307, "Location: /write\r\n", ""),
            "redirects aren't followed",
        ),
        (
            Reply::Says(200, "", "<html>Welcome!</html>"),
            "does the address end in /write?",
        ),
        (Reply::Says(500, "", r#"{"error":"timeout"}"#), "timeout"),
        (
            Reply::Says(503, "", "\u{1b}[31mdown\n"),
            "503 Service Unavailable: [31mdown",
        ),
        (Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n"), ""),
        (Reply::Bytes(b""), ""),
        (Reply::Bytes(b"HTTP/1.1 204"), ""),
    ]
}

#[test]
fn whatever_goes_wrong_nothing_is_left_out() {
    let world = World::new();
    world.servers(0..3);
    let n = failures().len();
    let mut answers = failures().into_iter();
    let target = Scripted::new(move |_| {
        answers
            .next()
            .map_or(Reply::Says(204, "", ""), |(reply, _)| reply)
    });
    let config = ForwardConfig {
        proof: Some(ForwardProof::Token("sesame".to_owned())),
        ..to(&target)
    };
    let mut follower = world.follower(&config);
    for (place, (_, said)) in failures().into_iter().enumerate() {
        let failure = follower.step().unwrap_err();
        assert!(failure.cause.contains(said), "{place}: {failure:?}");
        assert!(!failure.cause.contains("sesame"), "{failure:?}");
        assert!(!failure.cause.contains(char::is_control), "{failure:?}");
        assert!(!world.is_done());
    }
    forward_all(&mut follower);
    assert_eq!(
        target.posts().len(),
        n + 1,
        "one try each, and none anywhere else"
    );
    assert_eq!(target.lines().len(), 3);
    assert_eq!(world.watch.forward.failures.get(), n as u64);
    assert_eq!(world.watch.forward.refused_lines.get(), 0);
    assert!(world.is_done());
}

#[test]
fn a_target_that_never_answers_is_given_up_after_a_while() {
    let world = World::new();
    world.servers(0..3);
    let target = Scripted::new(|_| Reply::Hangs);
    let mut follower = world.patient(&to(&target), Duration::from_millis(300));
    let failure = follower.step().unwrap_err();
    assert_eq!(failure.cause, "it doesn't answer in time");
    drop(target);
    assert!(follower.step().is_err(), "nobody listens there any more");
    assert_eq!(world.watch.forward.failures.get(), 2);
}

#[test]
fn retry_after_is_heard() {
    let world = World::new();
    world.servers(0..1);
    let soon = Timestamp::now() + Duration::from_secs(900);
    let soon = jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&soon)
        .unwrap();
    let soon: &'static str = format!("Retry-After: {soon}\r\n").leak();
    let headers = [
        "Retry-After: 7\r\n",
        soon,
        "Retry-After: Thu, 01 Jan 2026 00:00:00 GMT\r\n",
        "Retry-After: soon\r\n",
        "",
    ];
    let mut answers = headers.into_iter();
    let target = Scripted::new(move |_| Reply::Says(429, answers.next().unwrap(), ""));
    let mut follower = world.follower(&to(&target));
    let mut asked = || follower.step().unwrap_err().retry_after;
    assert_eq!(asked(), Some(Duration::from_secs(7)));
    let date = asked().unwrap();
    assert!(
        date <= Duration::from_secs(900) && date > Duration::from_secs(600),
        "{date:?}"
    );
    assert_eq!(asked(), Some(Duration::ZERO), "a date that has passed");
    assert_eq!((asked(), asked()), (None, None));
}

#[test]
fn lines_that_are_refused_are_left_out_and_hold_nobody_up() {
    let world = World::new();
    world.servers(0..700);
    let target = Scripted::new(|post| {
        let bad = ["server_id=s3 ", "server_id=s4 ", "server_id=s650 "];
        match bad.iter().any(|line| post.text().contains(line)) {
            true => Reply::Says(
                400,
                "",
                r#"{"error":"partial write: unable to parse 'p,cluster_id=secret': bad timestamp dropped=0"}"#,
            ),
            false => Reply::Says(204, "", ""),
        }
    });
    forward_all(&mut world.follower(&to(&target)));
    let mut lines = target.lines();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 697);
    assert_eq!(world.watch.forward.refused_lines.get(), 3);
    assert_eq!(world.watch.forward.reports.get(), 700);
    assert!(world.is_done());
    let posts = target.posts().len();
    assert!(posts < 70, "found by halves: {posts}");
}

#[test]
fn what_is_quoted_of_a_report_is_not_told() {
    let world = World::new();
    world.servers(0..1);
    let target = Scripted::new(|_| {
        Reply::Says(
            400,
            "",
            r#"{"error":"unable to parse 'p,cluster_id=it's secret': bad timestamp"}"#,
        )
    });
    let failure = world.follower(&to(&target)).step().unwrap_err();
    assert_eq!(
        failure.cause,
        "400 Bad Request: unable to parse '…': bad timestamp; it refuses whatever it is sent: see --forward-url"
    );
}

#[test]
fn a_target_that_refuses_everything_costs_no_line() {
    let world = World::new();
    world.servers(0..100);
    let refusing = Arc::new(AtomicBool::new(true));
    let target = Scripted::new({
        let refusing = refusing.clone();
        move |_| match refusing.load(Ordering::Relaxed) {
            true => Reply::Says(400, "", r#"{"error":"database is required"}"#),
            false => Reply::Says(204, "", ""),
        }
    });
    let mut follower = world.follower(&to(&target));
    let failure = follower.step().unwrap_err();
    assert!(
        failure
            .cause
            .contains("database is required; it refuses whatever"),
        "{failure:?}"
    );
    assert_eq!(world.watch.forward.refused_lines.get(), 0);
    refusing.store(false, Ordering::Relaxed);
    forward_all(&mut follower);
    assert_eq!(target.lines().len(), 100);
}

#[test]
fn a_failure_in_between_counts_nothing_twice() {
    let world = World::new();
    world.servers(0..8);
    let posts = AtomicUsize::new(0);
    let target = Scripted::new(move |post| {
        let refused = post.text().contains("server_id=s1 ");
        match posts.fetch_add(1, Ordering::Relaxed) {
            // The whole, the half, the quarter, s0, s1, nothing, and then:
            6 => Reply::Says(500, "", ""),
            _ if refused => Reply::Says(400, "", ""),
            _ => Reply::Says(204, "", ""),
        }
    });
    let mut follower = world.follower(&to(&target));
    assert!(follower.step().is_err());
    assert_eq!(world.watch.forward.refused_lines.get(), 0, "not done yet");
    forward_all(&mut follower);
    assert_eq!(world.watch.forward.refused_lines.get(), 1);
    assert_eq!(world.watch.forward.reports.get(), 8);
}
