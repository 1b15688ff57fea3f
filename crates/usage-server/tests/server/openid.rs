//! Sign-in with OpenID Connect, by a real provider on this machine: customers sign up and come back by it, and
//! operators link it. And what doesn't fit lets nobody in.

use crate::folder::Folder;
use crate::http::Message;
use crate::patience::until;
use crate::person::{Person, link, sent_to};
use crate::provider::{Provider, URL};

/// Somebody goes to the provider by the sign-in page; the address there.
fn leave(person: &mut Person) -> String {
    let page = person.open("/sign-in");
    let door = link(&page, "/sign-in/openid");
    sent_to(&person.open(&door))
}

/// Somebody signs in by the provider, as who they are there; the answer to their coming back.
fn come(provider: &Provider, person: &mut Person, subject: &str) -> Message {
    let away = leave(person);
    let back = provider.signs_in(&away, subject);
    person.open(&back)
}

fn is_outside(person: &mut Person) -> bool {
    person.open("/account").status() == 303
}

#[test]
fn a_customer_signs_up_and_comes_back_by_their_provider() {
    let Some(provider) = Provider::start(3_600) else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    provider.knows("ada", "ada@acme.example", true);
    let mut ada = Person::new(&server);
    let new = sent_to(&come(&provider, &mut ada, "ada"));
    assert_eq!(new, "/sign-in/openid/new");
    let form = ada.open(&new);
    let inside = ada.send(&form, &new, &[("organization", "Acme")]);
    let home = sent_to(&inside);
    assert!(ada.open(&home).text().contains("<h1>Acme</h1>"));
    let account = ada.open("/account");
    let text = account.text();
    assert!(
        text.contains("ada@acme.example") && text.contains("known to be yours"),
        "{text}"
    );

    let mut elsewhere = Person::new(&server);
    assert_eq!(sent_to(&come(&provider, &mut elsewhere, "ada")), "/");
    assert!(elsewhere.open(&home).text().contains("<h1>Acme</h1>"));

    // Nobody vouches for this address.
    provider.knows("eve", "ada@acme.example", false);
    let mut eve = Person::new(&server);
    let refused = come(&provider, &mut eve, "eve");
    assert_eq!(refused.status(), 403);
    assert!(refused.text().contains("isn’t confirmed") && is_outside(&mut eve));
    server.stop();
}

#[test]
fn an_operator_links_their_provider_and_unlinks_it() {
    let Some(provider) = Provider::start(3_600) else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    let add = ["operator", "add", "--email", "op@example.com"];
    let password = folder.run(&add).well();
    provider.knows("op", "op@example.com", true);
    let mut op = Person::new(&server);
    // Nobody has checked the address of who came by a command.
    let refused = come(&provider, &mut op, "op");
    assert_eq!(refused.status(), 409, "{}", refused.text());
    let page = op.open("/sign-in");
    let entered = [
        ("email", "op@example.com"),
        ("password", password.trim_end()),
    ];
    assert_eq!(sent_to(&op.send(&page, "/sign-in", &entered)), "/");
    let page = op.open("/account");
    let asked = op.send(&page, "/account/identities", &[]);
    let away = link(&asked, &format!("http://{}", provider.address));
    let back = provider.signs_in(&away, "op");
    assert_eq!(sent_to(&op.open(&back)), "/account?done=linked");

    let mut elsewhere = Person::new(&server);
    assert_eq!(sent_to(&come(&provider, &mut elsewhere, "op")), "/");
    assert_eq!(elsewhere.open("/operators").status(), 200);
    let page = op.open("/account");
    let gone = op.send(&page, "/account/identities/remove", &[]);
    assert_eq!(sent_to(&gone), "/account?done=unlinked");
    assert_eq!(
        come(&provider, &mut Person::new(&server), "op").status(),
        409
    );
    server.stop();
}

#[test]
fn what_does_not_fit_lets_nobody_in_and_no_secret_is_logged() {
    let Some(provider) = Provider::start(3_600) else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    provider.knows("ada", "ada@acme.example", true);
    let mut seen = Vec::new();
    // Somebody between changes what must fit: the provider's token or the provider itself refuses.
    for changed in ["nonce", "code_challenge", "state"] {
        let mut ada = Person::new(&server);
        let away = leave(&mut ada);
        let (before, value) = away.split_once(&format!("{changed}=")).unwrap();
        let rest = &value[value.find('&').unwrap_or(value.len())..];
        let other = "A".repeat(43);
        let back = provider.signs_in(&format!("{before}{changed}={other}{rest}"), "ada");
        let refused = ada.open(&back);
        let status = if changed == "state" { 400 } else { 502 };
        assert_eq!(refused.status(), status, "{changed}: {}", refused.text());
        assert!(is_outside(&mut ada), "{changed}");
        seen.push(back);
    }
    // Another's answer, and an answer for the second time.
    let (mut ada, mut eve) = (Person::new(&server), Person::new(&server));
    let back = provider.signs_in(&leave(&mut ada), "ada");
    leave(&mut eve);
    assert_eq!(eve.open(&back).status(), 400);
    assert_eq!(ada.open(&back).status(), 303);
    assert_eq!(ada.open(&back).status(), 400);
    seen.push(back);
    // A code that is none.
    let away = leave(&mut eve);
    let (_, state) = away.split_once("state=").unwrap();
    let state = state.split('&').next().unwrap();
    let guess = format!("/sign-in/openid/back?state={state}&code=guessed");
    assert_eq!(eve.open(&guess).status(), 502);
    let log = server.stopped();
    assert!(log.contains("the OpenID provider failed"), "{log}");
    let queries = seen.iter().filter_map(|back| back.split_once('?'));
    for pair in queries.flat_map(|(_, query)| query.split('&')) {
        let (_, value) = pair.split_once('=').unwrap();
        assert!(!log.contains(value), "{value} is in the log: {log}");
    }
    for secret in [
        "guessed",
        state,
        provider.client["client_secret"].as_str().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[test]
fn old_tokens_and_a_wrong_secret_let_nobody_in() {
    let folder = Folder::new();
    for (seconds, secret) in [(-3_600, None), (3_600, Some("wrong"))] {
        let Some(provider) = Provider::start(seconds) else {
            return;
        };
        let secret = secret.or(provider.client["client_secret"].as_str());
        let server = provider.serve(&folder, secret.unwrap());
        provider.knows("ada", "ada@acme.example", true);
        let mut ada = Person::new(&server);
        let refused = come(&provider, &mut ada, "ada");
        assert_eq!(refused.status(), 502, "{}", refused.text());
        assert!(refused.text().contains("doesn’t answer as it should"));
        assert!(is_outside(&mut ada));
        let said = server.stopped();
        let why = match seconds {
            -3_600 => "it is expired",
            _ => "/oauth2/token answered 4",
        };
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn while_the_provider_is_away_passwords_still_work() {
    let Some(provider) = Provider::start(3_600) else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    let add = ["operator", "add", "--email", "op@example.com"];
    let password = folder.run(&add).well();
    let Provider { process, .. } = provider;
    process.kill();
    let mut op = Person::new(&server);
    let away = op.open("/sign-in/openid");
    assert_eq!(away.status(), 502, "{}", away.text());
    assert!(away.text().contains("Example doesn’t answer"));
    until("the cause in the log", || {
        let said = server.said();
        said.contains("openid-configuration").then_some(())
    });
    let page = op.open("/sign-in");
    let entered = [
        ("email", "op@example.com"),
        ("password", password.trim_end()),
    ];
    assert_eq!(sent_to(&op.send(&page, "/sign-in", &entered)), "/");
    server.stop();
}

#[test]
fn an_invitation_is_accepted_by_the_provider() {
    let Some(provider) = Provider::start(3_600) else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    let mut owner = Person::new(&server);
    let page = owner.open("/sign-in");
    let home = owner.sign_up(&page, "Acme");
    let members = format!("{home}/members");
    let page = owner.open(&members);
    let made = owner.send(&page, &format!("{home}/invitations"), &[("role", "member")]);
    let shown = owner.open(&sent_to(&made));
    let text = shown.text();
    let (_, code) = text.split_once(&format!("{URL}/invite/")).unwrap();
    let code = code.split(['<', '"']).next().unwrap();
    provider.knows("bob", "bob@acme.example", true);
    let mut bob = Person::new(&server);
    let invited = bob.open(&format!("/invite/{code}"));
    let door = link(&invited, "/sign-in/openid");
    assert!(door.contains("next=%2Finvite%2F"), "{door}");
    let away = sent_to(&bob.open(&door));
    let new = sent_to(&bob.open(&provider.signs_in(&away, "bob")));
    let form = bob.open(&new);
    assert_eq!(sent_to(&bob.send(&form, &new, &[])), home);
    assert_eq!(bob.open(&home).status(), 200);
    server.stop();
}
