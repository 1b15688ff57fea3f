//! For the pages' tests: a house with a real store in a folder of its own, and a browser with
//! cookies that visits it without a socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use jiff::Timestamp;
use tower::ServiceExt;
use usage_store::report::Kind;
use usage_store::{NewReport, Outcome, Sender, Store, StoredReport, Writing};

use super::layout::{Layout, Section, Viewer};
use crate::account::{self, FirstVisit, Secret};
use crate::app::{App, Settings};
use crate::demo::Fleet;
use crate::watch::Watch;

/// A reported string that would like to be markup.
pub(super) const HOSTILE: &str = "\"'><script>alert(1)</script><!--";

/// The moment at which hand-made pages are looked at.
pub(super) fn now() -> Timestamp {
    "2026-11-22T12:03:04Z".parse().unwrap()
}

/// What hand-made pages have around them.
pub(super) fn layout() -> Layout {
    Layout {
        base: String::new(),
        stylesheet: "/assets/usage.css".to_owned(),
        icon: "/assets/icon.svg".to_owned(),
        viewer: Some(Viewer {
            email: "ada@example.com".to_owned(),
            csrf: "token".to_owned(),
            section: Section::Products,
            freshness: "Counts include everything.".to_owned(),
        }),
    }
}

/// A report as the journal would give it back.
pub(super) fn stored(kind: Kind, product: &str, body: &str) -> StoredReport {
    StoredReport {
        seq: 41,
        kind,
        product: product.into(),
        organization: None,
        received_at: now(),
        reported_at: Some(now()),
        idempotency_key: None,
        install_key: None,
        unlisted: false,
        body: body.as_bytes().to_vec(),
    }
}

fn report(kind: Kind, product: &str, sender: Sender, at: Timestamp, body: Vec<u8>) -> NewReport {
    NewReport {
        kind,
        product: product.into(),
        sender,
        received_at: at,
        reported_at: None,
        idempotency: None,
        install_key: None,
        body,
    }
}

/// A server without a socket, and one browser.
pub(super) struct House {
    pub(super) app: Arc<App>,
    router: Router,
    jar: Mutex<BTreeMap<String, String>>,
    _folder: tempfile::TempDir,
}

impl House {
    /// At its first start: no operator, a link to make one.
    pub(super) fn new() -> House {
        House::reached_at("http://127.0.0.1:8087")
    }

    pub(super) fn reached_at(public_url: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            public_url: public_url.to_owned(),
            tls: public_url.starts_with("https:"),
            trusted_proxies: Vec::new(),
            limit_loopback: false,
            per_sender: Default::default(),
            reserve: Default::default(),
            next_report_in: 43_200,
        };
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let first_visit = FirstVisit::open().unwrap();
        let watch = Arc::new(Watch::new(Duration::MAX).unwrap());
        let app = Arc::new(App::start(store, settings, first_visit, None, watch).unwrap());
        let router = super::routes(&app)
            .fallback(super::not_found)
            .with_state(Arc::clone(&app));
        House {
            app,
            router,
            jar: Mutex::default(),
            _folder: folder,
        }
    }

    /// With an operator, who isn't signed in yet.
    pub(super) fn with_operator(email: &str, password: &str) -> House {
        let house = House::new();
        let hash = account::password::hash(password).unwrap();
        house
            .app
            .store
            .add_operator(email, &hash, Timestamp::now())
            .unwrap();
        house
    }

    /// With an operator whose browser is signed in.
    pub(super) fn signed_in() -> House {
        House::new().let_in("ada@example.com")
    }

    pub(super) fn let_in(self, email: &str) -> House {
        let (store, now) = (&self.app.store, Timestamp::now());
        let account = store.add_operator(email, "no password", now).unwrap();
        let secret = Secret::random().unwrap();
        let cookie = account::start(store, &secret, account, self.app.settings.tls, now).unwrap();
        self.keep(&HeaderMap::from_iter([(SET_COOKIE, cookie.unwrap())]));
        self
    }

    /// A report arrives; its place.
    pub(super) fn append(&self, kind: Kind, product: &str, body: &str) -> u64 {
        let now = Timestamp::now();
        let report = report(
            kind,
            product,
            Sender::default(),
            now,
            body.as_bytes().to_vec(),
        );
        let outcomes = self.app.store.append(&[report]).unwrap();
        while self.app.store.apply().unwrap() > 0 {}
        match outcomes[0] {
            Outcome::Accepted(seq) => seq,
            other => panic!("{other:?}"),
        }
    }

    /// The demo's fleet of that size moves in, with its history of some days.
    pub(super) fn settle_demo_fleet(&self, servers: u32, days: u32) {
        let store = &self.app.store;
        let organization = store
            .organization("Northwind Energy", Timestamp::now())
            .unwrap();
        let mut reports = Vec::new();
        let fleet = Fleet::new(servers, days, Timestamp::now(), 4);
        for post in fleet.filter(|post| !post.broken) {
            let sender = Sender {
                organization: post.organization.map(|_| organization),
                token: None,
            };
            reports.push(report(post.kind, post.product, sender, post.at, post.body));
        }
        store.append(&reports).unwrap();
        while store.apply().unwrap() > 0 {}
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from("same-origin", path, fields).await
    }

    pub(super) async fn post_form(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        self.post(path, &fields).await
    }

    pub(super) async fn post_from(
        &self,
        site: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let escape = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(k, v)| format!("{}={}", escape(k), escape(v)))
            .collect();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .body(Body::from(pairs.join("&")));
        self.send(request.unwrap()).await
    }

    /// Sends a form with a file, as browsers do.
    pub(super) async fn upload(&self, path: &str, fields: &[(&str, &str)], file: &str) -> Answer {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{file}\r\n--edge--\r\n"
        );
        let request = Request::post(path)
            .header(CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let pairs: Vec<String> = self
            .cookies()
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        request
            .headers_mut()
            .insert(COOKIE, pairs.join("; ").parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        self.keep(response.headers());
        Answer::read(response).await
    }

    fn keep(&self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.jar
                .lock()
                .unwrap()
                .insert(name.to_owned(), value.to_owned());
        }
    }

    pub(super) fn cookies(&self) -> BTreeMap<String, String> {
        self.jar.lock().unwrap().clone()
    }

    pub(super) fn set_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.jar.lock().unwrap() = cookies;
    }
}

/// What the browser got.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) text: String,
    headers: HeaderMap,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            status: parts.status,
            text,
            headers: parts.headers,
        }
    }

    pub(super) fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    }

    /// The value that the page's form has in a field.
    pub(super) fn field(&self, name: &str) -> String {
        let (_, after) = self
            .text
            .split_once(&format!("name=\"{name}\""))
            .expect("no such field");
        let tag = after.split('>').next().unwrap();
        tag.split_once("value=\"")
            .map_or("", |(_, value)| value.split('"').next().unwrap())
            .to_owned()
    }

    /// The page's form, filled in; its hidden fields unless given.
    pub(super) fn filled(&self, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for hidden in ["csrf", "next"] {
            if self.text.contains(&format!("name=\"{hidden}\"")) {
                all.insert(hidden.to_owned(), self.field(hidden));
            }
        }
        all.extend(fields.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())));
        all.into_iter().collect()
    }

    /// Where its links lead.
    pub(super) fn links(&self) -> Vec<String> {
        let hrefs = self
            .text
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        hrefs
            .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
            .collect()
    }

    /// The first link whose address has this in it.
    pub(super) fn link_with(&self, part: &str) -> String {
        self.links()
            .into_iter()
            .find(|link| link.contains(part))
            .expect("no such link")
    }
}
