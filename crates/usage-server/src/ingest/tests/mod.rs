//! The whole road, over a real socket and onto a real disk: a house with the server in it, and
//! a sender who writes bytes.

mod answers;
mod described;
mod export;
mod forget;
mod limits;
mod recorded;
mod refusals;
mod senders;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use usage_store::registry::{NewApiKey, NewToken, Scope};
use usage_store::{Store, StoredReport, Writing};

use crate::app::{App, Settings};

const CHECK_IN: &str =
    r#"{"cluster_id":"c","server_id":"s","host":"h","product":"influxdb","version":"1"}"#;
const STATS: &str = r#"{"cluster_id":"c","server_id":"s","stats":[]}"#;
const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c","os":"linux"}}]"#;

/// A server on a socket of its own, with a data folder of its own.
struct House {
    address: SocketAddr,
    app: Arc<App>,
    served: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

/// What a sender read.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl House {
    async fn new() -> House {
        House::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let mut settings = Settings::for_tests();
        change(&mut settings);
        let app = Arc::new(App::for_tests(store, settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = crate::router::Doors::new(Arc::clone(&app));
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(crate::serve::serve(
            listener,
            router,
            1_000,
            app.watch.clone(),
            async move {
                let _ = stopped.await;
            },
        ));
        House {
            address,
            app,
            served,
            stop,
            _folder: folder,
        }
    }

    fn token(&self, secret: &str, product: Option<&str>, cluster: Option<&str>) {
        let now = jiff::Timestamp::now();
        let organization = self.app.store.organization("Example", now).unwrap();
        let new = NewToken {
            secret: secret.as_bytes(),
            drawn_here: false,
            organization,
            name: "",
            product,
            cluster,
            may_forget: false,
            by: usage_store::registry::COMMAND_LINE,
        };
        self.app.store.add_token(&new, now).unwrap();
    }

    /// A key that may all.
    fn api_key(&self, secret: &str) {
        let new = NewApiKey {
            secret: secret.as_bytes(),
            name: "all",
            scopes: [Scope::Admin].into_iter().collect(),
            expires_at: None,
            by: usage_store::registry::COMMAND_LINE,
        };
        let now = jiff::Timestamp::now();
        self.app.store.add_api_key(&new, now).unwrap();
    }

    /// Sends bytes, and reads to the end of the answer.
    async fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        Answer::read(&mut stream).await
    }

    async fn post(&self, target: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        self.send(&request("POST", target, headers, body.as_ref()))
            .await
    }

    fn stored(&self) -> Vec<StoredReport> {
        let mut all: Vec<StoredReport> = Vec::new();
        loop {
            let next = all.last().map_or(0, |report| report.seq + 1);
            let chunk = self.app.store.reports_from(next).unwrap();
            if chunk.is_empty() {
                return all;
            }
            all.extend(chunk);
        }
    }

    /// Stops the server, and what it refused.
    async fn quarantined(self) -> Vec<usage_store::quarantine::Refused> {
        let store = Arc::clone(&self.app.store);
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
        // The last owner of the App is gone when the router is: then everything is kept.
        let app = Arc::downgrade(&self.app);
        drop(self.app);
        while app.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        store
            .quarantined(None, 100)
            .unwrap()
            .into_iter()
            .map(|one| one.refused)
            .collect()
    }
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Answer {
    async fn read(stream: &mut TcpStream) -> Answer {
        let read = async {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                if let Some(answer) = Answer::parse(&bytes) {
                    return answer;
                }
                let n = stream.read(&mut chunk).await.unwrap_or(0);
                assert!(n > 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
                bytes.extend_from_slice(&chunk[..n]);
            }
        };
        tokio::time::timeout(Duration::from_secs(30), read)
            .await
            .expect("an answer in time")
    }

    fn parse(bytes: &[u8]) -> Option<Answer> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let status: u16 = head.get(9..12)?.parse().ok()?;
        if status == 100 {
            return None;
        }
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        (body.len() >= length).then(|| Answer {
            status,
            head: head.clone(),
            body: body.to_owned(),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    #[track_caller]
    fn must_be(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// A 422 that names this field, with this in a message.
    #[track_caller]
    fn must_blame(self, field: &str, message: &str) {
        let answer = self.must_be(422);
        let json = answer.json();
        let messages = json["errors"][field].to_string();
        assert!(messages.contains(message), "{field}: {message}: {json}");
        assert_eq!(
            json.as_object().unwrap().len(),
            1,
            "nothing else in the body"
        );
    }

    #[track_caller]
    fn must_be_error(self, status: u16, message: &str) -> Answer {
        let answer = self.must_be(status);
        let json = answer.json();
        assert!(json["error"].as_str().unwrap().contains(message), "{json}");
        assert_eq!(
            json.as_object().unwrap().len(),
            1,
            "nothing else in the body"
        );
        answer
    }
}
