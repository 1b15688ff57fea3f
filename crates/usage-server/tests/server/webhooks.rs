//! Webhooks of the real program: from the command line to a receiver on this machine, whoever is killed in
//! between.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::folder::Folder;
use crate::patience::until;

/// Takes messages, or doesn't answer.
struct Receiver {
    address: SocketAddr,
    /// Ids and messages that were taken.
    taken: Arc<Mutex<Vec<(String, Value)>>>,
    /// How many posts came, taken or not.
    answers: Arc<AtomicBool>,
    came: Arc<Mutex<usize>>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Receiver {
            address: listener.local_addr().unwrap(),
            taken: Arc::default(),
            answers: Arc::new(AtomicBool::new(true)),
            came: Arc::default(),
        };
        let (taken, answers) = (receiver.taken.clone(), receiver.answers.clone());
        let came = receiver.came.clone();
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some(message) = receive(&mut stream) else {
                    continue;
                };
                *came.lock().unwrap() += 1;
                if answers.load(Ordering::SeqCst) {
                    taken.lock().unwrap().push(message);
                    let _ =
                        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
                } else {
                    hanging.push(stream);
                }
            }
        });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The types that were taken so far.
    fn types(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        let types = taken
            .iter()
            .map(|(_, message)| message["type"].as_str().unwrap().to_owned());
        types.collect()
    }
}

fn receive(stream: &mut TcpStream) -> Option<(String, Value)> {
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let length: usize = header("content-length")?.parse().unwrap();
        if body.len() >= length {
            assert!(header("webhook-signature").unwrap().starts_with("v1,"));
            return Some((header("webhook-id")?, serde_json::from_str(body).unwrap()));
        }
    }
}

const REACHED: [&str; 2] = ["--webhook-networks", "127.0.0.1"];

#[test]
fn what_happens_is_told_across_kills_at_least_once() {
    let folder = Folder::new();
    let receiver = Receiver::start();
    let url = receiver.url();
    let said = folder
        .run(&["webhook", "add", "--name", "Chat", "--url", &url])
        .well();
    assert!(said.starts_with("whsec_"), "{said}");
    let server = folder.serve_with(&REACHED);
    folder.run(&["webhook", "test", "Chat"]).well();
    until("the test to arrive", || {
        (receiver.types() == ["webhook.test"]).then_some(())
    });
    // A receiver that hangs, and the server is killed while it waits for it.
    receiver.answers.store(false, Ordering::SeqCst);
    folder.token("Acme");
    until("a post to hang", || {
        (*receiver.came.lock().unwrap() == 2).then_some(())
    });
    server.kill();
    receiver.answers.store(true, Ordering::SeqCst);
    let server = folder.serve_with(&REACHED);
    until("the same again", || {
        receiver
            .types()
            .contains(&"organization.registered".to_owned())
            .then_some(())
    });
    // While nobody serves something happens, too.
    server.kill();
    folder.token("Umbrella");
    let server = folder.serve_with(&REACHED);
    // Some may come again.
    until("what happened meanwhile", || {
        let taken = receiver.taken.lock().unwrap();
        let names = taken
            .iter()
            .filter_map(|(_, message)| message["data"]["organization"].as_str());
        (names.collect::<BTreeSet<_>>() == BTreeSet::from(["Acme", "Umbrella"])).then_some(())
    });
    let listed = folder.run(&["webhook", "list"]).well();
    assert!(
        listed.contains("Chat") && !listed.contains("/hook"),
        "{listed}"
    );
    folder.run(&["webhook", "remove", "Chat"]).well();
    assert!(!folder.run(&["webhook", "list"]).well().contains("Chat"));
    server.stop();
}

#[test]
fn this_machine_is_not_reached_unless_the_setting_names_it() {
    let folder = Folder::new();
    let receiver = Receiver::start();
    let url = receiver.url();
    folder
        .run(&["webhook", "add", "--name", "Chat", "--url", &url])
        .well();
    let server = folder.serve();
    folder.run(&["webhook", "test", "Chat"]).well();
    until("the refusal to be told", || {
        let listed = folder.run(&["webhook", "list"]).well();
        listed.contains("private address").then_some(())
    });
    assert_eq!(*receiver.came.lock().unwrap(), 0);
    server.stop();
}

#[test]
fn mistakes_are_told_in_a_line() {
    let folder = Folder::new();
    let add = |name: &str, url: &str, code: i32| {
        folder
            .run(&["webhook", "add", "--name", name, "--url", url])
            .refused(code)
    };
    assert!(add("a", "ftp://x/", 2).contains("--url: The address must begin"));
    assert!(add(" ", "http://x/", 2).contains("--name: "));
    folder
        .run(&[
            "webhook",
            "add",
            "--name",
            "a",
            "--url",
            "http://x.example/",
        ])
        .well();
    assert!(add("a", "http://x.example/", 1).contains("known already"));
    assert!(
        folder
            .run(&["webhook", "test", "b"])
            .refused(1)
            .contains("was not found")
    );
}
