//! Over TLS: to whom a believed authority vouches for under the name in the address, and to nobody else a word.

use std::io::{Read, Write};
use std::net::TcpListener;

use usage_store::webhook::WebhookId;

use super::rebinding::Rebinding;
use super::*;
use crate::forward::tests::PATIENCE;
use crate::forward::tests::secured::Secured;

/// This machine may be reached, and this receiver's authority is believed.
fn believing(receiver: &Secured) -> WebhookConfig {
    WebhookConfig {
        authorities: Some(receiver.authority().into()),
        ..here()
    }
}

/// Carries what waits for this one; what went wrong.
fn carry(world: &World, courier: Courier, id: WebhookId) -> Option<String> {
    let arrived = courier.restless().carry(world.at(1)).unwrap();
    let shown = world.shown(id);
    assert_eq!(arrived, shown.delivered == 1);
    shown.last_error
}

/// Nothing of a message came to a receiver, and nothing that others could read.
fn heard_nothing(receiver: Secured) {
    assert!(receiver.target.posts().is_empty());
    receiver.nobody_reads(&["/hook-of-chat", "webhook-signature", "webhook.test"]);
}

#[test]
fn a_message_arrives_where_an_authority_of_ours_vouches_for_the_name() {
    let (world, receiver) = (World::new(), Secured::named("127.0.0.1"));
    let id = world.waiting(&receiver.url("127.0.0.1", "/hook-of-chat"));
    assert_eq!(
        carry(&world, world.courier(&believing(&receiver)), id),
        None
    );
    let posts = receiver.target.posts();
    assert_eq!(posts.len(), 1);
    let head = &posts[0].head;
    assert!(head.starts_with("POST /hook-of-chat HTTP/1.1"), "{head}");
    assert!(head.contains("webhook-signature: v1,"), "{head}");
    receiver.nobody_reads(&["/hook-of-chat", "webhook-signature", "webhook.test"]);
}

#[test]
fn whom_no_believed_authority_vouches_for_hears_nothing() {
    let (world, receiver) = (World::new(), Secured::named("127.0.0.1"));
    for config in [here(), believing(&Secured::named("127.0.0.1"))] {
        let id = world.waiting(&receiver.url("127.0.0.1", "/hook-of-chat"));
        let error = carry(&world, world.courier(&config), id).unwrap();
        assert!(
            error.contains("certificate") && error.contains("--webhook-ca-file"),
            "{error}"
        );
        world.store.remove_webhook(id, "x", world.at(1)).unwrap();
    }
    heard_nothing(receiver);
}

#[test]
fn who_is_vouched_for_under_another_name_hears_nothing() {
    let (world, receiver) = (World::new(), Secured::named("other.example"));
    let id = world.waiting(&receiver.url("127.0.0.1", "/hook-of-chat"));
    let error = carry(&world, world.courier(&believing(&receiver)), id).unwrap();
    assert!(error.contains("not valid for name"), "{error}");
    assert!(error.contains("other.example"), "{error}");
    heard_nothing(receiver);
}

#[test]
fn who_speaks_no_tls_hears_nothing() {
    let (world, listener) = (World::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let id = world.waiting(&format!(
        "https://{}/hook-of-chat",
        listener.local_addr().unwrap()
    ));
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (mut heard, mut rest) = (vec![0; 64 * 1024], Vec::new());
        let read = stream.read(&mut heard).unwrap();
        heard.truncate(read);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Whoever left may have left by a reset.
        let _ = stream.read_to_end(&mut rest);
        [heard, rest].concat()
    });
    let error = carry(&world, world.courier(&here()), id).unwrap();
    let heard = heard.join().unwrap();
    assert!(heard.starts_with(&[0x16, 0x03]), "a handshake: {error}");
    let heard = String::from_utf8_lossy(&heard);
    assert!(
        !heard.contains("hook-of-chat") && !heard.contains("webhook"),
        "{heard}"
    );
}

#[test]
fn the_name_is_held_against_the_certificate_at_the_address_that_was_checked() {
    let world = World::new();
    let (checked, other) = (
        Secured::named("chat.example"),
        Secured::named("chat.example"),
    );
    let names = Rebinding::new(checked.target.address(), other.target.address());
    let poster = Poster::looking_up(names, &believing(&checked)).unwrap();
    let id = world.waiting("https://chat.example/hook-of-chat");
    assert_eq!(carry(&world, world.carrying_by(poster), id), None);
    assert_eq!(checked.target.posts().len(), 1);
    heard_nothing(other);
    // Who sits at that address without the name has no word of it, though it is believed as itself.
    let impostor = Secured::named("127.0.0.1");
    let names = Rebinding::new(impostor.target.address(), checked.target.address());
    let poster = Poster::looking_up(names, &believing(&impostor)).unwrap();
    let id = world.waiting("https://chat.example/other");
    let error = carry(&world, world.carrying_by(poster), id).unwrap();
    assert!(error.contains("chat.example"), "{error}");
    heard_nothing(impostor);
    assert_eq!(checked.target.posts().len(), 1);
}
