//! Questions asked of a small demo fleet through the server's own doors: examples, tables, and what is told to
//! who asks wrongly.

mod clusters;
mod examples;
mod kept;
mod mistakes;
mod news;
mod raw;
mod tables;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;
use usage_store::registry::{COMMAND_LINE, NewApiKey, Scope};
use usage_store::report::Kind;
use usage_store::{NewReport, Sender, Store, Writing};

use crate::app::{App, Settings};
use crate::demo::Fleet;

const KEY: &str = "uak_reads";

/// The demo's product that says most.
const PRODUCT: &str = "tidewater";

struct House {
    app: Arc<App>,
    doors: Router,
    _folder: tempfile::TempDir,
}

struct Told {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl House {
    fn empty() -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let app = Arc::new(App::for_tests(store, Settings::for_tests()));
        let new = NewApiKey {
            secret: KEY.as_bytes(),
            name: "reads",
            scopes: [Scope::Read].into_iter().collect(),
            expires_at: None,
            by: COMMAND_LINE,
        };
        app.store.add_api_key(&new, Timestamp::now()).unwrap();
        House {
            doors: crate::router::router(Arc::clone(&app)),
            app,
            _folder: folder,
        }
    }

    /// With some weeks of the demo's fleet.
    fn with_fleet() -> House {
        let house = House::empty();
        let store = &house.app.store;
        let organization = store.organization("Northwind Energy", Timestamp::now());
        let organization = organization.unwrap();
        let posts = Fleet::new(60, 20, Timestamp::now(), 7).filter(|post| !post.broken);
        let reports: Vec<NewReport> = posts
            .map(|post| NewReport {
                sender: Sender {
                    organization: post.organization.map(|_| organization),
                    token: None,
                },
                ..report(post.kind, post.product, post.at, post.body)
            })
            .collect();
        store.append(&reports).unwrap();
        while store.apply().unwrap() > 0 {}
        house
    }

    /// A report arrives.
    fn take(&self, report: NewReport) {
        self.app.store.append(&[report]).unwrap();
        while self.app.store.apply().unwrap() > 0 {}
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Told {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.doors.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Told {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Asks with a key that may.
    async fn ask(&self, path: &str) -> Told {
        let key = format!("Bearer {KEY}");
        self.send(path, &[("authorization", &key)]).await
    }

    /// A question about the product.
    async fn question(&self, question: &str, said: &str) -> Told {
        let path = format!("/api/v1/query/{question}?product={PRODUCT}&{said}");
        self.ask(&path).await
    }
}

fn report(kind: Kind, product: &str, at: Timestamp, body: Vec<u8>) -> NewReport {
    NewReport {
        kind,
        product: product.into(),
        sender: Sender::default(),
        received_at: at,
        reported_at: None,
        idempotency: None,
        install_key: None,
        body,
    }
}

impl Told {
    #[track_caller]
    fn rows(&self) -> Vec<Value> {
        self.json()["rows"].as_array().unwrap().clone()
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// A 422 that says this of a field.
    #[track_caller]
    fn must_blame(&self, field: &str, says: &str) {
        assert_eq!(self.status, 422, "{}", self.text);
        let told: Value = serde_json::from_str(&self.text).unwrap();
        let messages = told["errors"][field].to_string();
        assert!(messages.contains(says), "{field}: {says}: {told}");
    }
}
