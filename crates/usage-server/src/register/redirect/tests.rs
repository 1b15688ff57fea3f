//! Hostile addresses, and friendly ones: a table each, and what browsers make of what is taken.

mod hostile;

use proptest::prelude::*;
use url::Url;

use super::*;
use hostile::HOSTILE;

/// What may be redirected to: as the host is shown, whether it is public, and where a token `t` goes.
const FRIENDLY: &[(&str, &str, bool, &str)] = &[
    (
        "https://example.com",
        "example.com",
        true,
        "https://example.com/?token=t",
    ),
    (
        "HTTPS://Example.COM/Path",
        "example.com",
        true,
        "https://example.com/Path?token=t",
    ),
    (
        "https://example.com:8443/a/",
        "example.com:8443",
        true,
        "https://example.com:8443/a/?token=t",
    ),
    (
        "https://example.com:00443/",
        "example.com:443",
        true,
        "https://example.com:443/?token=t",
    ),
    (
        "https://xn--mnchen-3ya.example/",
        "xn--mnchen-3ya.example",
        true,
        "https://xn--mnchen-3ya.example/?token=t",
    ),
    (
        "https://8.8.8.8/",
        "8.8.8.8",
        true,
        "https://8.8.8.8/?token=t",
    ),
    (
        "https://intranet/",
        "intranet",
        true,
        "https://intranet/?token=t",
    ),
    (
        "http://localhost/",
        "localhost",
        false,
        "http://localhost/?token=t",
    ),
    (
        "http://LOCALHOST:8888/",
        "localhost:8888",
        false,
        "http://localhost:8888/?token=t",
    ),
    (
        "http://chronograf.localhost/",
        "chronograf.localhost",
        false,
        "http://chronograf.localhost/?token=t",
    ),
    (
        "http://nas.local/x",
        "nas.local",
        false,
        "http://nas.local/x?token=t",
    ),
    (
        "http://127.0.0.1:49152/SECRET",
        "127.0.0.1:49152",
        false,
        "http://127.0.0.1:49152/SECRET?token=t",
    ),
    (
        "http://127.8.9.10/",
        "127.8.9.10",
        false,
        "http://127.8.9.10/?token=t",
    ),
    (
        "http://10.0.0.7/",
        "10.0.0.7",
        false,
        "http://10.0.0.7/?token=t",
    ),
    (
        "http://172.16.0.1/",
        "172.16.0.1",
        false,
        "http://172.16.0.1/?token=t",
    ),
    (
        "http://192.168.1.5/",
        "192.168.1.5",
        false,
        "http://192.168.1.5/?token=t",
    ),
    (
        "http://[::1]:8888/",
        "[::1]:8888",
        false,
        "http://[::1]:8888/?token=t",
    ),
    (
        "http://[0:0:0:0:0:0:0:1]/",
        "[::1]",
        false,
        "http://[::1]/?token=t",
    ),
    (
        "http://[::ffff:127.0.0.1]/",
        "[::ffff:127.0.0.1]",
        false,
        "http://[::ffff:127.0.0.1]/?token=t",
    ),
    (
        "http://[fd00::5]/",
        "[fd00::5]",
        false,
        "http://[fd00::5]/?token=t",
    ),
    (
        "https://[2001:db8::1]/",
        "[2001:db8::1]",
        true,
        "https://[2001:db8::1]/?token=t",
    ),
    // Query and fragment stay.
    (
        "https://h.example?a=1",
        "h.example",
        true,
        "https://h.example/?a=1&token=t",
    ),
    (
        "https://h.example/?",
        "h.example",
        true,
        "https://h.example/?token=t",
    ),
    (
        "https://h.example/?a=1&b",
        "h.example",
        true,
        "https://h.example/?a=1&b&token=t",
    ),
    (
        "https://h.example/?a=%2F+%20",
        "h.example",
        true,
        "https://h.example/?a=%2F+%20&token=t",
    ),
    (
        "https://h.example/#/page",
        "h.example",
        true,
        "https://h.example/?token=t#/page",
    ),
    (
        "https://h.example/?a#?token=kept",
        "h.example",
        true,
        "https://h.example/?a&token=t#?token=kept",
    ),
    (
        "https://h.example/a@b/c:d?e@f",
        "h.example",
        true,
        "https://h.example/a@b/c:d?e@f&token=t",
    ),
    (
        "https://h.example/?next=https://evil.example/",
        "h.example",
        true,
        "https://h.example/?next=https://evil.example/&token=t",
    ),
    (
        "http://localhost#@evil.example/",
        "localhost",
        false,
        "http://localhost/?token=t#@evil.example/",
    ),
    (
        "https://h.example/a/../b?x=//evil.example",
        "h.example",
        true,
        "https://h.example/a/../b?x=//evil.example&token=t",
    ),
    (
        "http://127.0.0.1.local/",
        "127.0.0.1.local",
        false,
        "http://127.0.0.1.local/?token=t",
    ),
    // A token that was there goes, every one of them.
    (
        "https://h.example/?token=old",
        "h.example",
        true,
        "https://h.example/?token=t",
    ),
    (
        "https://h.example/?token=old&a=1&token=older",
        "h.example",
        true,
        "https://h.example/?a=1&token=t",
    ),
    (
        "https://h.example/?a=1&t%6fken=old",
        "h.example",
        true,
        "https://h.example/?a=1&token=t",
    ),
    (
        "https://h.example/?%74%6F%6B%65%6E=old",
        "h.example",
        true,
        "https://h.example/?token=t",
    ),
    (
        "https://h.example/?token",
        "h.example",
        true,
        "https://h.example/?token=t",
    ),
    (
        "https://h.example/?a=1&amp;token=old",
        "h.example",
        true,
        "https://h.example/?a=1&amp&token=t",
    ),
    (
        "https://h.example/?token[]=kept#token=kept",
        "h.example",
        true,
        "https://h.example/?token[]=kept&token=t#token=kept",
    ),
    (
        "https://h.example/?a=1;token=old",
        "h.example",
        true,
        "https://h.example/?a=1&token=t",
    ),
    (
        "https://h.example/?tokens=1&Token=2&token%20=3",
        "h.example",
        true,
        "https://h.example/?tokens=1&Token=2&token%20=3&token=t",
    ),
    // What no header carries is escaped.
    (
        "https://h.example/café?é=ü#ö",
        "h.example",
        true,
        "https://h.example/caf%C3%A9?%C3%A9=%C3%BC&token=t#%C3%B6",
    ),
    (
        "https://h.example/a b",
        "h.example",
        true,
        "https://h.example/a%20b?token=t",
    ),
    (
        "https://h.example/%0d%0aSet-Cookie:x",
        "h.example",
        true,
        "https://h.example/%0d%0aSet-Cookie:x?token=t",
    ),
    (
        "https://h.example/\u{202e}x",
        "h.example",
        true,
        "https://h.example/%E2%80%AEx?token=t",
    ),
];

/// A browser that reads the address comes to the host that we show.
#[track_caller]
fn browsers_agree(text: &str, url: &RedirectUrl) {
    let Ok(browsers) = Url::parse(text) else {
        // A browser would go nowhere: it knows more of what is no `xn--` name.
        assert!(text.to_ascii_lowercase().contains("xn--"), "{text}");
        return;
    };
    let target = Url::parse(&url.with_token("t")).unwrap();
    let shown = Url::parse(&format!("{}://{}/", url.scheme.name(), url.shown())).unwrap();
    for one in [&browsers, &target] {
        assert_eq!(one.origin(), shown.origin(), "{text}");
        assert_eq!((one.username(), one.password()), ("", None), "{text}");
    }
    assert_eq!(browsers.path(), target.path(), "{text}");
    assert_eq!(browsers.fragment(), target.fragment(), "{text}");
    let tokens: Vec<_> = target
        .query_pairs()
        .filter(|(key, _)| key == "token")
        .collect();
    assert_eq!(tokens, [("token".into(), "t".into())], "{text}");
    assert!(
        url.with_token("t")
            .bytes()
            .all(|byte| byte.is_ascii_graphic())
    );
}

#[test]
fn nothing_is_sent_to_hostile_addresses() {
    for (text, why) in HOSTILE {
        match RedirectUrl::parse(text) {
            Err(objection) => assert!(objection.contains(why), "{text:?}: {objection}"),
            Ok(url) => panic!("{text:?} was taken as {url:?}"),
        }
    }
    let long = |bytes: usize| format!("https://h.example/{:x<1$}", "", bytes - 18);
    assert!(RedirectUrl::parse(&long(REDIRECT_URL_MAX_BYTES)).is_ok());
    let why = RedirectUrl::parse(&long(REDIRECT_URL_MAX_BYTES + 1)).unwrap_err();
    assert!(
        why.contains("2,048") && REDIRECT_URL_MAX_BYTES == 2_048,
        "{why}"
    );
    assert!(RedirectUrl::parse(&format!("https://{:a<64}.example/", "")).is_err());
    assert!(RedirectUrl::parse(&format!("https://{}example/", "a.".repeat(124))).is_err());
}

#[test]
fn friendly_addresses_get_the_token_and_keep_the_rest() {
    for (text, shown, public, target) in FRIENDLY {
        let url = RedirectUrl::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(url.shown(), *shown);
        assert_eq!(url.is_public(), *public, "{text}");
        assert_eq!(url.with_token("t"), *target);
        browsers_agree(text, &url);
    }
}

#[test]
fn a_code_comes_with_the_state_and_nothing_else_of_that_name() {
    let url =
        RedirectUrl::parse("http://127.0.0.1:1/S?code=x&error=y&state=z&token=u&a=1#f").unwrap();
    assert_eq!(
        url.with_code("c-d", Some("s t&u=é")),
        "http://127.0.0.1:1/S?a=1&code=c-d&state=s%20t%26u%3D%C3%A9#f"
    );
    assert_eq!(
        url.with_denial(Some("s")),
        "http://127.0.0.1:1/S?a=1&error=access_denied&state=s#f"
    );
    assert_eq!(
        url.with_code("c", None),
        "http://127.0.0.1:1/S?a=1&code=c#f"
    );
}

#[test]
fn a_policy_names_the_target_or_its_port() {
    for (text, target) in [
        ("https://Example.com/a", "https://example.com"),
        ("http://127.0.0.1:49152/a", "http://127.0.0.1:49152"),
        ("http://[::1]:8888/", "http://*:8888"),
        ("https://a_b.example/", "https://*"),
    ] {
        assert_eq!(RedirectUrl::parse(text).unwrap().form_target(), target);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Put together of what confuses parsers.
    #[test]
    fn what_is_taken_is_what_browsers_read(parts in prop::collection::vec(prop::sample::select(vec![
        "http", "https", ":", "/", "//", "@", "\\", "?", "#", "[", "]", ".", "..", "%", "%2f", "%40", "&", "=", ";",
        "localhost", "local", "example.com", "127.0.0.1", "::1", "0x7f", "0", "1", "256", "xn--", "xn--mnchen-3ya", "-", "_",
        "token", "t%6fken", "state", "é", "。", "\u{ad}", " ", "+", "a", "A", "80", "\t", "%00", "|",
    ]), 0..9), begin in prop::sample::select(vec!["http://", "https://", "HTTPS://", "http:", ""])) {
        let text = format!("{begin}{}", parts.concat());
        if let Ok(url) = RedirectUrl::parse(&text) {
            browsers_agree(&text, &url);
            let again = RedirectUrl::parse(&url.with_token("t"));
            prop_assert!(again.is_ok_and(|again| again.shown() == url.shown()));
        }
    }
}
