//! A provider on a socket of its own that answers what a test tells it to, or doesn't.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::signing::Signer;
use super::*;
use crate::limits::OPENID_ANSWER_MAX_BYTES;

/// Far beyond what anything here takes.
const DEADLINE: Duration = Duration::from_secs(60);

/// What it answers to the request with this head.
type Script = dyn Fn(&str, SocketAddr) -> Answer + Send + Sync;

enum Answer {
    Json(Value),
    Raw(Vec<u8>),
    /// Never, until the other end goes.
    Hang,
}

struct Scripted {
    address: SocketAddr,
    /// The first lines of what was asked, as they came.
    asked: Receiver<String>,
}

fn scripted(script: impl Fn(&str, SocketAddr) -> Answer + Send + Sync + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (say, asked) = channel();
    let script: Arc<Script> = Arc::new(script);
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (say, script) = (say.clone(), Arc::clone(&script));
            std::thread::spawn(move || serve(stream, address, &say, &*script));
        }
    });
    Scripted { address, asked }
}

fn serve(
    mut stream: TcpStream,
    address: SocketAddr,
    say: &std::sync::mpsc::Sender<String>,
    script: &Script,
) {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    let _ = say.send(head.lines().next().unwrap().to_owned());
    let asked = format!("{head}{}", String::from_utf8_lossy(&body));
    let bytes = match script(&asked, address) {
        Answer::Raw(bytes) => bytes,
        Answer::Json(value) => {
            let text = value.to_string();
            let length = text.len();
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}")
                .into_bytes()
        }
        Answer::Hang => {
            let _ = stream.read(&mut byte);
            return;
        }
    };
    // The other end may have had enough.
    let _ = stream.write_all(&bytes);
}

fn metadata_at(address: SocketAddr) -> Value {
    json!({
        "issuer": format!("http://{address}"),
        "authorization_endpoint": format!("http://{address}/authorize?realm=a"),
        "token_endpoint": format!("http://{address}/token"),
        "jwks_uri": format!("http://{address}/keys"),
        "userinfo_endpoint": format!("http://{address}/me"),
    })
}

fn remote(address: SocketAddr) -> Remote {
    let config = OpenidConfig {
        issuer: format!("http://{address}"),
        client_id: "usage:1".to_owned(),
        client_secret: "open sesame".to_owned(),
        name: "Example".to_owned(),
        scopes: "openid email".to_owned(),
        authorities: None,
    };
    Remote::new(config, "https://usage.example.com/at").unwrap()
}

fn journey() -> Journey {
    Journey::to_sign_in("/").unwrap()
}

/// Why nobody comes in, where the provider describes itself well and answers a code with this.
fn refused(token: impl Fn() -> Answer + Send + Sync + 'static) -> String {
    let it = scripted(move |asked, address| match asked {
        asked if asked.contains("/.well-known/") => Answer::Json(metadata_at(address)),
        asked if asked.starts_with("POST /token") => token(),
        _ => Answer::Json(json!({"keys": []})),
    });
    remote(it.address).who(&journey(), "a code").unwrap_err()
}

#[test]
fn a_browser_is_sent_there_with_all_that_must_fit() {
    let it = scripted(|_, address| Answer::Json(metadata_at(address)));
    let (remote, journey) = (remote(it.address), journey());
    let door = remote.door(&journey).unwrap();
    let (before, query) = door.split_once("?realm=a&").unwrap();
    assert_eq!(before, format!("http://{}/authorize", it.address));
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "usage:1"),
        (
            "redirect_uri",
            "https://usage.example.com/at/sign-in/openid/back",
        ),
        ("scope", "openid email"),
        ("state", &*journey.state()),
        ("nonce", &*journey.nonce()),
        ("code_challenge", &*journey.challenge()),
        ("code_challenge_method", "S256"),
    ] {
        assert!(
            pairs.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
    assert!(!door.contains(&journey.verifier()) && !door.contains("sesame"));
    // Asked once, for everybody.
    remote.door(&self::journey()).unwrap();
    assert_eq!(it.asked.try_iter().count(), 1);
}

#[test]
fn a_code_is_exchanged_with_the_secret_and_the_verifier_where_they_belong() {
    for in_form in [false, true] {
        let (say, said) = channel();
        let it = scripted(move |asked, address| {
            if asked.starts_with("POST") {
                say.send(asked.to_owned()).unwrap();
            }
            let mut metadata = metadata_at(address);
            if in_form {
                let methods = json!(["client_secret_post"]);
                metadata["token_endpoint_auth_methods_supported"] = methods;
            }
            Answer::Json(metadata)
        });
        let journey = journey();
        remote(it.address).who(&journey, "a/b").unwrap_err();
        let asked = said.recv_timeout(DEADLINE).unwrap();
        let (head, form) = asked.split_once("\r\n\r\n").unwrap();
        assert!(
            form.contains("code=a%2Fb") && form.contains(&journey.verifier()),
            "{form}"
        );
        assert_eq!(form.contains("client_secret=open+sesame"), in_form);
        // "usage%3A1:open+sesame"
        let basic = "basic dxnhz2ulm0exom9wzw4rc2vzyw1l";
        assert_eq!(head.to_lowercase().contains(basic), !in_form, "{head}");
    }
}

#[test]
fn an_address_may_stand_beside_the_token_if_it_is_the_same_persons() {
    for (beside, found) in [
        (
            json!({"sub": "42", "email": "ada@acme.example", "email_verified": true}),
            true,
        ),
        (
            json!({"sub": "42", "email": "ada@acme.example", "email_verified": false}),
            false,
        ),
        (
            json!({"sub": "42", "email": "ada", "email_verified": true}),
            false,
        ),
        (json!({"sub": "42"}), false),
    ] {
        let person = told(beside.clone()).unwrap();
        assert_eq!(person.subject, "42");
        assert_eq!(person.verified_email.is_some(), found, "{beside}");
    }
    let other = json!({"sub": "43", "email": "ada@acme.example", "email_verified": true});
    let why = told(other).unwrap_err();
    assert!(
        why.contains("somebody else") && !why.contains("ada"),
        "{why}"
    );
}

/// Who comes in by a token without an address, where the provider tells this beside it.
fn told(beside: Value) -> Result<Person, String> {
    let journey = journey();
    let (nonce, signer) = (journey.nonce(), Signer::new());
    let it = scripted(move |asked, address| {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": format!("http://{address}"), "sub": "42", "aud": "usage:1",
            "exp": now + 600, "iat": now, "nonce": nonce,
        });
        let token = signer.es256(&json!({"alg": "ES256", "kid": "p256"}), &claims);
        Answer::Json(match asked {
            asked if asked.contains("/.well-known/") => metadata_at(address),
            asked if asked.starts_with("POST /token") => {
                json!({"id_token": token, "access_token": "an-access-token"})
            }
            asked if asked.starts_with("GET /keys") => signer.written(),
            asked
                if asked
                    .to_lowercase()
                    .contains("authorization: bearer an-access-token") =>
            {
                beside.clone()
            }
            _ => Value::Null,
        })
    });
    remote(it.address).who(&journey, "a code")
}

#[test]
fn a_provider_that_answers_nonsense_lets_nobody_in_and_nothing_of_it_is_told() {
    let raw = |text: &str| Answer::Raw(text.as_bytes().to_vec());
    let token = |token: &str| Answer::Json(json!({"id_token": token, "access_token": "a"}));
    let why = refused(move || raw("garbage"));
    assert!(why.contains("/token"), "{why}");
    let why = refused(move || raw("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nsecret"));
    assert!(why.ends_with("answered 500"), "{why}");
    let why = refused(move || raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"));
    assert!(
        why.contains("something else") && !why.contains("secret"),
        "{why}"
    );
    let elsewhere = "HTTP/1.1 302 F\r\nLocation: /keys\r\nContent-Length: 0\r\n\r\n";
    let why = refused(move || raw(elsewhere));
    assert!(why.ends_with("answered 302"), "{why}");
    let why = refused(|| Answer::Json(json!({"id_token": ["secret"]})));
    assert!(
        why.contains("something else") && !why.contains("secret"),
        "{why}"
    );
    let why = refused(move || token("secret"));
    assert!(
        why.contains("three parts") && !why.contains("secret"),
        "{why}"
    );
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.";
    let why = refused(move || token(unsigned));
    assert!(why.contains("another way"), "{why}");
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let huge = usize::try_from(OPENID_ANSWER_MAX_BYTES).unwrap() * 4;
    let why = refused(move || {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {huge}\r\n\r\n");
        Answer::Raw([head.into_bytes(), vec![b' '; huge]].concat())
    });
    assert!(
        why.contains("/token") && !why.contains("something else"),
        "{why}"
    );
}

#[test]
fn a_provider_that_hangs_is_given_up_and_left_alone_for_a_while() {
    let it = scripted(|_, _| Answer::Hang);
    let remote = remote(it.address);
    let why = remote.door(&journey()).unwrap_err();
    assert!(why.contains("openid-configuration"), "{why}");
    // Asked again only later: what is known meanwhile is that it failed.
    let mut kept = remote.metadata.lock().unwrap();
    let asked = kept.asked.unwrap();
    let again = |kept: &mut Kept<Arc<Metadata>>, now| kept.get(now, || Err("again".to_owned()));
    let soon = asked + OPENID_TRY_AGAIN_AFTER / 2;
    assert_eq!(again(&mut kept, soon).unwrap_err(), why);
    let later = asked + OPENID_TRY_AGAIN_AFTER;
    assert_eq!(again(&mut kept, later).unwrap_err(), "again");
}

#[test]
fn keys_are_asked_for_again_but_not_all_the_time() {
    let it = scripted(|asked, address| match asked {
        asked if asked.contains("/.well-known/") => Answer::Json(metadata_at(address)),
        _ => Answer::Json(json!({"keys": []})),
    });
    let remote = remote(it.address);
    let metadata = remote.metadata().unwrap();
    remote.keys(&metadata, false).unwrap().unwrap();
    assert!(remote.keys(&metadata, true).unwrap().is_none(), "just now");
    let asked = remote.keys.lock().unwrap().asked.unwrap();
    let mut kept = remote.keys.lock().unwrap();
    assert!(!kept.outdate(asked + OPENID_KEYS_AGAIN_AFTER / 2));
    assert!(kept.outdate(asked + OPENID_KEYS_AGAIN_AFTER));
    drop(kept);
    remote.keys(&metadata, false).unwrap().unwrap();
    let asked: Vec<String> = it.asked.try_iter().collect();
    let keys = asked.iter().filter(|line| line.starts_with("GET /keys"));
    assert_eq!(keys.count(), 2, "{asked:?}");
}

#[test]
fn what_was_known_is_better_than_nothing() {
    let (mut kept, now) = (Kept::default(), Instant::now());
    assert_eq!(kept.get(now, || Ok(1)), Ok(1));
    let asked = kept.asked.unwrap();
    let later = asked + OPENID_KEPT_FOR;
    assert_eq!(kept.get(asked, || Ok(2)), Ok(1));
    assert_eq!(kept.get(later, || Err(String::new())), Ok(1));
    let later = later + OPENID_TRY_AGAIN_AFTER;
    assert_eq!(kept.get(later, || Ok(3)), Ok(3));
}
