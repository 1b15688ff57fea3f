//! How messages get to their receivers: signed, to where the check said, no further, and again until taken.

use by_hand::verify;
use data_encoding::BASE64;

use super::rebinding::Rebinding;
use super::*;
use crate::forward::tests::target::{Post, Reply, Scripted};

/// What a receiver does, written out of the specification and without our code.
mod by_hand {
    use sha2::{Digest, Sha256};

    /// HMAC by its definition (RFC 2104), of a key no longer than a block.
    pub(super) fn verify(key: &[u8], text: &[u8]) -> Vec<u8> {
        let pad = |byte: u8| {
            let mut block = [byte; 64];
            for (at, key) in key.iter().enumerate() {
                block[at] ^= key;
            }
            block
        };
        let inner = Sha256::digest([&pad(0x36)[..], text].concat());
        Sha256::digest([&pad(0x5c)[..], &inner].concat()).to_vec()
    }
}

fn header<'a>(post: &'a Post, name: &str) -> &'a str {
    let found = post.head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    });
    found.unwrap_or_else(|| panic!("{name} in {}", post.head))
}

#[test]
fn a_message_is_signed_so_that_its_receiver_can_tell() {
    let world = World::new();
    let receiver = Scripted::well();
    let id = world.waiting(&format!("http://{}/hook?a=b", receiver.address()));
    let mut courier = world.courier(&here());
    assert!(courier.carry(world.at(1)).unwrap());
    assert!(!courier.carry(world.at(2)).unwrap(), "once is enough");
    let posts = receiver.posts();
    assert_eq!(posts.len(), 1);
    let post = &posts[0];
    assert!(
        post.head.starts_with("POST /hook?a=b HTTP/1.1"),
        "{}",
        post.head
    );
    assert_eq!(header(post, "content-type"), "application/json");
    let (message, seconds) = (
        header(post, "webhook-id"),
        header(post, "webhook-timestamp"),
    );
    assert_eq!(seconds, world.at(1).as_second().to_string());
    let signed = format!("{message}.{seconds}.{}", post.text());
    let expected = BASE64.encode(&verify(&SECRET, signed.as_bytes()));
    assert_eq!(header(post, "webhook-signature"), format!("v1,{expected}"));
    let hook = world.shown(id);
    assert_eq!((hook.waiting, hook.delivered), (0, 1));
    assert_eq!(hook.delivered_at, Some(world.at(1)));
    let counted = &world.watch.webhooks;
    assert_eq!((counted.delivered.get(), counted.failed.get()), (1, 0));
}

#[test]
fn what_fails_comes_again_as_the_same_message_until_it_is_taken() {
    let world = World::new();
    let mut answers = vec![
        Reply::Says(200, "", "fine"),
        Reply::Bytes(b"nonsense\r\n\r\n"),
        Reply::Says(410, "", ""),
        Reply::Says(500, "", "broken"),
    ];
    let receiver = Scripted::new(move |_| answers.pop().unwrap());
    let id = world.waiting(&format!("http://{}/", receiver.address()));
    let mut courier = world.courier(&here()).restless();
    let mut minutes = 0;
    for failures in 1..=3 {
        assert!(!courier.carry(world.at(minutes)).unwrap());
        assert!(!courier.carry(world.at(minutes)).unwrap(), "not at once");
        assert_eq!(receiver.posts().len(), failures);
        let hook = world.shown(id);
        assert_eq!(hook.waiting, 1);
        assert_eq!(hook.failed_at, Some(world.at(minutes)));
        minutes += 60;
    }
    assert!(courier.carry(world.at(minutes)).unwrap());
    let posts = receiver.posts();
    let ids: Vec<&str> = posts
        .iter()
        .map(|post| header(post, "webhook-id"))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(posts.iter().all(|post| post.body == posts[0].body));
    let times: std::collections::BTreeSet<&str> = posts
        .iter()
        .map(|post| header(post, "webhook-timestamp"))
        .collect();
    assert_eq!(times.len(), 4, "each attempt says when it was made");
    let hook = world.shown(id);
    assert_eq!((hook.waiting, hook.delivered), (0, 1));
}

#[test]
fn what_nobody_takes_is_given_up_and_shown_with_the_reason() {
    let world = World::new();
    let receiver = Scripted::new(|_| Reply::Says(503, "", ""));
    let id = world.waiting(&format!("http://{}/", receiver.address()));
    let mut courier = world.courier(&here()).restless();
    let mut hours = 0;
    while world.shown(id).waiting > 0 {
        assert!(hours < 24 * 7, "it goes on for ever");
        courier.carry(world.at(hours * 60)).unwrap();
        hours += 1;
    }
    assert_eq!(receiver.posts().len(), 9);
    let counted = &world.watch.webhooks;
    assert_eq!((counted.failed.get(), counted.given_up.get()), (9, 1));
    let given_up = world.store.given_up_messages(10).unwrap();
    assert_eq!((given_up.len(), given_up[0].attempts), (1, 9));
    assert!(given_up[0].last_error.starts_with("503"), "{given_up:?}");
    assert!(
        world
            .store
            .try_message_again(given_up[0].id, world.at(hours * 60))
            .unwrap()
    );
    courier.carry(world.at(hours * 60 + 1)).unwrap();
    assert_eq!(receiver.posts().len(), 10);
}

#[test]
fn no_redirect_is_followed() {
    let world = World::new();
    let elsewhere = Scripted::well();
    for status in [301, 302, 303, 307, 308] {
        let location: &'static str =
            format!("Location: http://{}/\r\n", elsewhere.address()).leak();
        let receiver = Scripted::new(move |_| Reply::Says(status, location, ""));
        let id = world.waiting(&format!("http://{}/{status}", receiver.address()));
        let mut courier = world.courier(&here()).restless();
        assert!(!courier.carry(world.at(1)).unwrap());
        let error = world.shown(id).last_error.unwrap();
        assert!(error.contains("redirects"), "{error}");
        world.store.remove_webhook(id, "x", world.at(1)).unwrap();
    }
    assert!(elsewhere.posts().is_empty());
}

#[test]
fn private_addresses_are_refused_however_they_are_written() {
    let world = World::new();
    let receiver = Scripted::well();
    let port = receiver.address().port();
    let mut courier = world.courier(&WebhookConfig::default()).restless();
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[::]",
    ] {
        let id = world.waiting(&format!("http://{host}:{port}/"));
        assert!(!courier.carry(world.at(1)).unwrap(), "{host}");
        // Some of these are no addresses on some systems.
        let error = world.shown(id).last_error.unwrap();
        if matches!(host, "127.0.0.1" | "localhost" | "[::ffff:127.0.0.1]") {
            assert!(error.contains("private address"), "{host}: {error}");
        }
        world.store.remove_webhook(id, "x", world.at(1)).unwrap();
    }
    assert!(receiver.posts().is_empty());
}

#[test]
fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
    let world = World::new();
    let (checked, other) = (Scripted::well(), Scripted::well());
    let names = Rebinding::new(checked.address(), other.address());
    let asked = names.asked.clone();
    let poster = Poster::looking_up(names, &here()).unwrap();
    let mut courier = world.carrying_by(poster).restless();
    world.waiting("http://rebinds.example/hook");
    assert!(courier.carry(world.at(1)).unwrap());
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!((checked.posts().len(), other.posts().len()), (1, 0));
    assert_eq!(header(&checked.posts()[0], "host"), "rebinds.example");
    // What the name leads to at the next attempt is checked again.
    let rebound = Rebinding::new("169.254.169.254:80".parse().unwrap(), checked.address());
    let poster = Poster::looking_up(rebound, &here()).unwrap();
    let mut courier = world.carrying_by(poster).restless();
    let id = world.waiting("http://rebinds.example/other");
    assert!(!courier.carry(world.at(2)).unwrap());
    let error = world.shown(id).last_error.unwrap();
    assert!(error.contains("private address"), "{error}");
}

#[test]
fn one_that_fails_rests_and_does_not_hold_up_the_others() {
    let world = World::new();
    let well = Scripted::well();
    let broken = world.waiting("http://127.0.0.1:1/");
    let fine = world.waiting(&format!("http://{}/", well.address()));
    for _ in 0..3 {
        for id in [broken, fine] {
            world.tell(id);
        }
    }
    let mut courier = world.courier(&here());
    while courier.carry(world.at(1)).unwrap() {}
    assert_eq!(well.posts().len(), 4);
    let hook = world.shown(broken);
    assert_eq!((hook.waiting, hook.delivered), (4, 0));
    let tried = world.store.due_messages(world.at(1)).unwrap();
    assert_eq!(
        tried.len(),
        1,
        "three more are due, and wait for the rest to end"
    );
}
