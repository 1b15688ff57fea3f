//! Tokens of every kind that must be refused, signed with keys of the tests' own.

use serde_json::{Value, json};

use super::super::keys::Written;
use super::super::signing::{RSA_N, Signer, signed, text};
use super::*;

const NOW: i64 = 1_000_000;

/// What that key signed.
const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiI0MiIsImF1ZCI\
    6InVzYWdlIiwiZXhwIjoxMDAwNjAwLCJpYXQiOjEwMDAwMDAsIm5vbmNlIjoibiIsImVtYWlsIjoiYWRhQGFjbWUuZXhhbXB\
    sZSIsImVtYWlsX3ZlcmlmaWVkIjp0cnVlfQ.Ki6KW7TRF33kV3ObdeS-R_UNMk0CvKidgzV3Dc4y8ILSpbbCTCzauXlbSION\
    1Ntu0Yw_Q_ec9QtpIzd7eYszB0tJ7MZvA9DTZfJkcYblYMcriR0SiJYXp639wzLWUQSlZJ8S-GonMPA0ghZRuOIhiP464N9v\
    OdhTU3A_ehpj4p0Og33hDs57xlnHds23cdm8qLpi6z3wbV6zFie8vYdNloqYCvCTO8RA1WCAFJ4bm3RdG4JlEdWlzYqYHtfR\
    6rDWmcn9Mfm7Nn5v6cKD910W32N03WMQQ7pUZWoyajzh2eKSZiK6o7Dk8NJPNKnhwRPDAEq3Br6a1daVzJ4jtYqT7w";

fn read(keys: Value) -> Keys {
    let written: Written = serde_json::from_value(keys).unwrap();
    Keys::from(written)
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({
        "iss": "https://id.example", "sub": "42", "aud": "usage",
        "exp": NOW + 600, "iat": NOW, "nonce": "n",
    });
    change(&mut claims);
    claims
}

fn checked(token: &str, keys: &Keys) -> Result<Claims, Refused> {
    let expected = Expected {
        issuer: "https://id.example",
        client_id: "usage",
        nonce: "n",
        now: NOW,
    };
    check(token, keys, &expected)
}

fn refused(token: &str, keys: &Keys) -> &'static str {
    match checked(token, keys) {
        Err(Refused::Because(why)) => why,
        other => panic!("{other:?}: {token}"),
    }
}

#[test]
fn each_algorithm_is_believed_with_its_own_key() {
    let signer = Signer::new();
    let keys = read(signer.written());
    let rsa = checked(RSA_TOKEN, &keys).unwrap();
    let email = rsa.email.unwrap();
    assert_eq!((&*rsa.subject, &*email.address), ("42", "ada@acme.example"));
    assert!(email.verified);
    let header = json!({"alg": "ES256", "kid": "p256", "typ": "JWT"});
    checked(&signer.es256(&header, &claims(|_| ())), &keys).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    let ed = signed(&header, &claims(|_| ()), |message| {
        signer.ed25519.sign(message).as_ref().to_vec()
    });
    assert_eq!(checked(&ed, &keys).unwrap().email, None);
    // Without the key's id, whichever fits.
    let header = json!({"alg": "ES256"});
    checked(&signer.es256(&header, &claims(|_| ())), &keys).unwrap();
}

#[test]
fn nothing_is_believed_that_anybody_could_have_signed() {
    let signer = Signer::new();
    let keys = read(signer.written());
    let unsigned = |alg: &str| {
        signed(
            &json!({"alg": alg, "kid": "rsa"}),
            &claims(|_| ()),
            |_| vec![],
        )
    };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        assert!(
            refused(&unsigned(alg), &keys).contains("another way"),
            "{alg}"
        );
    }
    // The public key as if it were a shared secret.
    let public = BASE64URL_NOPAD.decode(RSA_N.as_bytes()).unwrap();
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
    for kid in ["rsa", "p256", "oct"] {
        let header = json!({"alg": "HS256", "kid": kid});
        let forged = signed(&header, &claims(|_| ()), |message| {
            ring::hmac::sign(&secret, message).as_ref().to_vec()
        });
        assert!(refused(&forged, &keys).contains("another way"), "{kid}");
    }
    // A key of another kind, another purpose, another provider; an empty signature.
    for (alg, kid) in [("ES256", "rsa"), ("RS256", "p256"), ("EdDSA", "p256")] {
        let header = json!({"alg": alg, "kid": kid});
        let token = signer.es256(&header, &claims(|_| ()));
        assert_eq!(refused(&token, &keys), "its signature is wrong", "{alg}");
    }
    for kid in ["enc", "pss", "oct", "nowhere"] {
        let header = json!({"alg": "RS256", "kid": kid});
        let token = signed(&header, &claims(|_| ()), |_| vec![0; 256]);
        assert_eq!(checked(&token, &keys), Err(Refused::UnknownKey), "{kid}");
    }
    let header = json!({"alg": "ES256", "kid": "p256"});
    let forged = Signer::new().es256(&header, &claims(|_| ()));
    assert_eq!(refused(&forged, &keys), "its signature is wrong");
    let unsigned = signed(&header, &claims(|_| ()), |_| vec![]);
    assert_eq!(refused(&unsigned, &keys), "its signature is wrong");
    // What was signed, changed.
    let (head, signature) = RSA_TOKEN.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let other = text(claims(|it| it["sub"] = json!("1")).to_string().as_bytes());
    let changed = format!("{header}.{other}.{signature}");
    assert_eq!(refused(&changed, &keys), "its signature is wrong");
}

#[test]
fn a_token_is_for_us_of_this_journey_and_of_now() {
    let signer = Signer::new();
    let keys = read(signer.written());
    let header = json!({"alg": "ES256", "kid": "p256"});
    let token = |claims: &Value| signer.es256(&header, claims);
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://id.example/")),
        ("aud", json!("another")),
        ("aud", json!([])),
        ("aud", json!(["usage", "another"])),
        ("azp", json!("another")),
        ("exp", json!(NOW - 61)),
        ("iat", json!(NOW + 61)),
        ("iat", json!(NOW - 3600)),
        ("nbf", json!(NOW + 61)),
        ("nonce", json!("another")),
        ("nonce", json!("")),
        ("nonce", Value::Null),
        ("sub", json!("")),
        ("sub", json!("a\nb")),
        ("sub", json!("x".repeat(256))),
        ("sub", json!(42)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("iat", Value::Null),
        ("iss", Value::Null),
        ("aud", Value::Null),
    ] {
        let wrong = token(&claims(|it| it[name] = value.clone()));
        assert_ne!(refused(&wrong, &keys), "", "{name}: {value}");
    }
    for (name, value) in [
        ("aud", json!(["usage"])),
        ("azp", json!("usage")),
        ("exp", json!(NOW - 59)),
        ("iat", json!(NOW + 59)),
        ("exp", json!(NOW as f64 + 600.5)),
    ] {
        let fine = token(&claims(|it| it[name] = value.clone()));
        checked(&fine, &keys).unwrap_or_else(|e| panic!("{name}: {value}: {e:?}"));
    }
    let mut both = claims(|it| it["aud"] = json!(["another", "usage"]));
    both["azp"] = json!("usage");
    checked(&token(&both), &keys).unwrap();
}

#[test]
fn what_is_no_token_is_refused_in_peace() {
    let signer = Signer::new();
    let keys = read(signer.written());
    let fine = signer.es256(&json!({"alg": "ES256"}), &claims(|_| ()));
    let parts: Vec<&str> = fine.split('.').collect();
    for wrong in [
        String::new(),
        "..".to_owned(),
        format!("{fine}.{}", parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.!", parts[0], parts[1]),
        format!("{}.é.{}", parts[0], parts[2]),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
    ] {
        assert!(checked(&wrong, &keys).is_err(), "{wrong}");
    }
    let crit = json!({"alg": "ES256", "kid": "p256", "crit": ["b64"], "b64": false});
    let token = signer.es256(&crit, &claims(|_| ()));
    assert_eq!(refused(&token, &keys), "it demands an extension");
    let nothing = read(json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "", "y": "!"}, {}]}));
    assert_eq!(checked(&fine, &nothing), Err(Refused::UnknownKey));
}

#[test]
fn an_address_counts_as_seen_only_where_the_provider_says_so() {
    let read = |value: Value| {
        let address: Address = serde_json::from_value(value).unwrap();
        address.read().map(|email| email.verified)
    };
    for (said, seen) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(1), false),
        (Value::Null, false),
    ] {
        let found = read(json!({"email": "a@b.c", "email_verified": said}));
        assert_eq!(found, Some(seen), "{said}");
    }
    assert_eq!(read(json!({"email": "a@b.c"})), Some(false));
    assert_eq!(read(json!({"email_verified": true})), None);
}
