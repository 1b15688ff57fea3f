//! Saving as a program does it: what reaches the server, and when nothing may.

use std::time::Duration;
use usage_client::core::{self, Decider, Environment, RawReply, UnixMillis, UrlSource};
use usage_client::{
    Client, Error, PRODUCTION_URL, Refusal, Server, Stats, StatsData, set_default_url, tags, values,
};

use crate::listener::{Answer, Framing, Listener, PATIENCE};

fn server() -> Server {
    Server::new("jambox", "1.0")
        .cluster_id("clus1")
        .server_id("serv1")
        .host("example.com")
}

fn client(listener: &Listener) -> Client {
    Client::new("token")
        .with_url(listener.url())
        .with_timeout(PATIENCE)
        .with_environment(Environment::default())
}

#[test]
fn a_report_arrives_whole() {
    let listener = Listener::start(|_| Answer::new(201, ""));
    let reply = client(&listener).save(&server()).unwrap();
    assert_eq!(reply.status(), 201);

    let heard = listener.heard();
    assert_eq!(
        (heard.method.as_str(), heard.target.as_str()),
        ("POST", "/api/v1/servers")
    );
    let header = |name| {
        heard
            .header(name)
            .map(|value| String::from_utf8_lossy(value).into_owned())
    };
    assert_eq!(
        header("host"),
        listener.url().strip_prefix("http://").map(Into::into)
    );
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    assert_eq!(header("x-authorization").as_deref(), Some("token"));
    assert_eq!(
        header("user-agent"),
        Some(format!("usage-client/{}", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(header("accept-encoding").as_deref(), Some("gzip"));
    assert_eq!(header("transfer-encoding"), None);
    assert_eq!(header("expect"), None);
    assert_eq!(
        String::from_utf8(heard.body).unwrap(),
        r#"{"cluster_id":"clus1","server_id":"serv1","host":"example.com","product":"jambox","version":"1.0"}"#
    );
}

#[test]
fn odd_targets_and_tokens_arrive_as_they_are() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    for product in [
        "a/b",
        "a?b=c",
        "../servers",
        "influxdb/",
        "a%2Fb",
        "<b>",
        "a|b[c]{d}^`",
        "Grüße",
        "a[b]",
        "a;b",
        "a?b=[1]|{2}^`\\&c='*'",
    ] {
        let client = Client::new("a\tb\u{f6}").with_url(format!("{}/", listener.url()));
        let client = client.with_environment(Environment::default());
        let stats = Stats::new(product).with(StatsData::new("m").tags(tags! {}).values(values! {}));
        let previewed = client.preview(&stats).unwrap();
        client.save(&stats).unwrap();
        let heard = listener.heard();
        assert_eq!(heard.target, previewed.target());
        assert!(heard.target.starts_with("//api/v1/stats/"));
        assert_eq!(
            heard.header("x-authorization"),
            Some("a\tb\u{f6}".as_bytes())
        );
        assert_eq!(heard.body, previewed.body());
    }
}

#[test]
fn without_a_token_there_is_no_header() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    let client = Client::default()
        .with_url(listener.url())
        .with_environment(Environment::default());
    client.save(&server()).unwrap();
    assert_eq!(listener.heard().header("x-authorization"), None);
}

#[test]
fn while_consent_is_off_nothing_leaves() {
    let listener = Listener::start(|_| Answer::new(200, ""));
    for (name, value) in [("DO_NOT_TRACK", "1"), ("JAMBOX_NO_USAGE", "true")] {
        let error = client(&listener)
            .with_opt_out_variable("JAMBOX_NO_USAGE")
            .with_environment([(name, value)])
            .save(&server())
            .unwrap_err();
        assert!(
            matches!(&error, Error::ConsentOff { by: Decider::Variable(variable) } if variable == name),
            "{error}"
        );
    }
    let off = client(&listener).with_switch_variable("JAMBOX_USAGE");
    assert!(
        off.with_environment([("JAMBOX_USAGE", "off")])
            .save(&server())
            .is_err()
    );

    // The next one to arrive is the first one sent.
    let on = client(&listener).with_opt_out_variable("JAMBOX_NO_USAGE");
    on.with_environment([("DO_NOT_TRACK", "0"), ("JAMBOX_NO_USAGE", "")])
        .save(&server())
        .unwrap();
    listener.heard();
    assert_eq!(listener.unheard(), 0);
}

// One test: the default is the whole program's.
#[test]
fn production_is_chosen_never_assumed() {
    let quiet = Client::new("").with_environment([("CI", "true")]);
    assert_eq!(quiet.endpoint().source, UrlSource::BuiltIn);
    assert_eq!(quiet.endpoint().url.as_bytes(), PRODUCTION_URL.as_bytes());
    assert!(matches!(
        quiet.save(&server()),
        Err(Error::ProductionByAccident)
    ));

    let listener = Listener::start(|_| Answer::new(200, ""));
    let environment = Environment::from([("CI", "true"), ("USAGE_URL", &listener.url())]);
    quiet
        .clone()
        .with_environment(environment)
        .save(&server())
        .unwrap();
    listener.heard();

    set_default_url(listener.url());
    quiet.save(&server()).unwrap();
    listener.heard();
    assert_eq!(quiet.endpoint().source, UrlSource::Default);
}

#[test]
fn a_reply_tells_what_the_server_knows() {
    let body =
        r#"{"next_report_in":3600,"latest_version":"1.1","advisories":[{"id":"A1"}],"more":1}"#;
    let listener = Listener::start(move |_| Answer::new(200, body));
    let reply = client(&listener).save(&server()).unwrap();
    assert_eq!(reply.next_report_in(), Some(Duration::from_secs(3600)));
    assert_eq!(reply.latest_version(), Some("1.1"));
    let ids: Vec<&str> = reply.advisories().iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["A1"]);
    assert_eq!(reply.body(), body.as_bytes());
}

#[test]
fn what_a_success_says_in_its_body_can_t_make_it_fail() {
    for body in [
        "",
        "<html>",
        "{\"next_report_in\":",
        "[]",
        "null",
        "{\"next_report_in\":-1e99}",
        "\u{0}",
    ] {
        for framing in [
            Framing::Length,
            Framing::Chunked,
            Framing::Close,
            Framing::Short,
        ] {
            let listener = Listener::start(move |_| Answer::new(200, body).framed(framing));
            let reply = client(&listener).save(&server()).unwrap();
            assert_eq!(reply.next_report_in(), None, "{body}");
            assert_eq!(reply.body(), body.as_bytes(), "{framing:?}");
        }
    }
}

#[test]
fn a_gzipped_error_is_read() {
    // {"error":"zipped"}
    const ZIPPED: [u8; 38] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 171, 86, 74, 45, 42, 202, 47, 82, 178, 82, 170, 202, 44,
        40, 72, 77, 81, 170, 5, 0, 220, 30, 66, 184, 18, 0, 0, 0,
    ];
    let listener = Listener::start(|_| Answer::new(500, ZIPPED).header("Content-Encoding", "gzip"));
    let error = client(&listener).save(&server()).unwrap_err();
    assert_eq!(error.as_simple().unwrap().message, "zipped");
}

#[test]
fn too_many_reports_say_when_to_come_back() {
    let listener = Listener::start(|heard| match heard.target.as_str() {
        "/busy/api/v1/servers" => Answer::new(503, "<html>busy</html>").header("Retry-After", "7"),
        _ => Answer::new(429, r#"{"error":"slow down"}"#).header("retry-after", " 120 "),
    });
    let error = client(&listener).save(&server()).unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    assert_eq!(error.as_simple().unwrap().message, "slow down");

    let busy = client(&listener).with_url(format!("{}/busy", listener.url()));
    let error = busy.save(&server()).unwrap_err();
    assert_eq!(
        (error.status(), error.retry_after()),
        (Some(503), Some(Duration::from_secs(7)))
    );
    assert!(error.to_string().contains("busy"), "{error}");
}

#[test]
fn a_moved_server_is_followed_on_its_own_host() {
    let listener = Listener::start(|heard| match heard.target.as_str() {
        "/a/api/v1/servers" => Answer::new(307, "").header("Location", "../../../b/./x/../y?z=1#f"),
        "/b/y?z=1" => Answer::new(308, "").header("Location", "/c"),
        "/c" => Answer::new(201, ""),
        other => Answer::new(404, format!("{other} was not to be asked for")),
    });
    let client = client(&listener).with_url(format!("{}/a", listener.url()));
    assert_eq!(client.save(&server()).unwrap().status(), 201);
    let first = listener.heard();
    for _ in 0..2 {
        let again = listener.heard();
        assert_eq!((again.method.as_str(), &again.body), ("POST", &first.body));
        assert_eq!(again.header("x-authorization"), Some(b"token".as_slice()));
    }
}

#[test]
fn a_token_goes_to_no_other_host() {
    let elsewhere = Listener::start(|_| Answer::new(200, ""));
    let to = |location: String| {
        Listener::start(move |_| Answer::new(307, "").header("Location", &location))
    };
    let same_port = |url: String| url.replace("127.0.0.1", "localhost");
    for location in [
        elsewhere.url(),
        same_port(elsewhere.url()),
        format!("//{}", elsewhere.url().trim_start_matches("http://")),
        elsewhere.url().replace("http:", "https:"),
    ] {
        let listener = to(location);
        let error = client(&listener).save(&server()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Redirect {
                    status: 307,
                    why: Refusal::OtherHost
                }
            ),
            "{error}"
        );
    }
    for location in [
        "mailto:a",
        "http://",
        "http://h h/",
        "/%zz",
        "http://[::1",
        "/a?b c",
    ] {
        let listener = to(location.to_owned());
        let error = client(&listener).save(&server()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Redirect {
                    why: Refusal::BadLocation,
                    ..
                }
            ),
            "{location}: {error}"
        );
    }
    assert_eq!(elsewhere.unheard(), 0);
}

#[test]
fn a_loop_has_an_end() {
    let listener = Listener::start(|_| Answer::new(308, "").header("Location", "/api/v1/servers"));
    let error = client(&listener).save(&server()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Redirect {
                status: 308,
                why: Refusal::TooMany
            }
        ),
        "{error}"
    );
    assert_eq!(listener.unheard(), 6);
}

#[test]
fn a_redirect_to_nowhere_is_just_a_status() {
    let listener = Listener::start(|_| Answer::new(307, ""));
    let error = client(&listener).save(&server()).unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 307, .. }),
        "{error}"
    );
}

#[test]
fn a_transport_of_ones_own_carries_the_same_request() {
    struct Own;
    impl usage_client::Transport for Own {
        fn exchange(
            &self,
            request: &usage_client::core::Request,
            timeout: Duration,
        ) -> Result<RawReply, usage_client::TransportError> {
            assert_eq!(request.target(), "/api/v1/servers");
            assert!(timeout <= PATIENCE);
            Ok(RawReply::new(201).with_body(request.body()))
        }
    }
    let client = Client::new("")
        .with_url("http://usage.invalid")
        .with_environment(Environment::default())
        .with_timeout(PATIENCE)
        .with_transport(Own);
    let reply = client.save(&server()).unwrap();
    assert_eq!(reply.body(), client.preview(&server()).unwrap().body());
}

#[test]
fn a_date_to_come_back_at_is_counted_from_the_reply_s_own() {
    // A year off this machine's clock, whichever that is.
    let listener = Listener::start(|_| {
        Answer::new(429, r#"{"error":"later"}"#)
            .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
            .header("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")
    });
    let error = client(&listener).save(&server()).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    let past = core::decode(
        RawReply::new(503)
            .with_header("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")
            .with_received_at(UnixMillis::new(1_800_000_000_000)),
    );
    assert_eq!(past.unwrap_err().retry_after(), Some(Duration::ZERO));
}
