//! For the pages' tests: a house with a real store in a folder of its own, and a browser with
//! cookies that visits it without a socket.

mod answer;
mod provider;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request};
use jiff::Timestamp;
use tower::ServiceExt;
use usage_store::registry::{AccountId, NewAccount, OrganizationId, Role};
use usage_store::report::Kind;
use usage_store::{NewReport, Outcome, Sender, Store, StoredReport, Writing};

pub(super) use self::answer::Answer;
pub(super) use self::provider::ISSUER;
use super::layout::{Layout, Viewer};
use crate::account::{self, FirstVisit};
use crate::app::{App, Settings};
use crate::config::SignUp;
use crate::demo::Fleet;
use crate::mail::{Carrier, Letter, Mail};
use crate::openid::OpenId;
use crate::request::ClientAddress;
use crate::watch::Watch;

/// A reported string that would like to be markup.
pub(super) const HOSTILE: &str = "\"'><script>alert(1)</script><!--";

/// The people of [`House::with_customers`].
pub(super) const ACME_OWNER: &str = "ada@acme.example";
pub(super) const ACME_MEMBER: &str = "bob@acme.example";
pub(super) const UMBRELLA_OWNER: &str = "grace@umbrella.example";

/// The moment at which hand-made pages are looked at.
pub(super) fn now() -> Timestamp {
    "2026-11-22T12:03:04Z".parse().unwrap()
}

/// What hand-made pages have around them.
pub(super) fn layout() -> Layout {
    Layout {
        base: String::new(),
        theme: Default::default(),
        at: None,
        stylesheet: "/assets/usage.css".to_owned(),
        icon: "/assets/icon.svg".to_owned(),
        viewer: Some(Viewer {
            email: "ada@example.com".to_owned(),
            csrf: "token".to_owned(),
            organization: None,
            others: Vec::new(),
            links: Vec::new(),
            freshness: "Counts include everything.".to_owned(),
        }),
        openid: None,
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

fn person(email: &str) -> NewAccount<'_> {
    NewAccount {
        email,
        password_hash: "no password",
        verified: false,
        identity: None,
    }
}

/// A server without a socket, and one browser.
pub(super) struct House {
    pub(super) app: Arc<App>,
    router: Router,
    jar: Mutex<BTreeMap<String, String>>,
    address: Mutex<Option<IpAddr>>,
    claims: Mutex<HeaderMap>,
    _folder: tempfile::TempDir,
}

impl House {
    /// At its first start: no operator, a link to make one.
    pub(super) fn new() -> House {
        House::reached_at("http://127.0.0.1:8087")
    }

    pub(super) fn reached_at(public_url: &str) -> House {
        House::with(public_url, SignUp::Open, None, None)
    }

    pub(super) fn where_sign_up_is(sign_up: SignUp) -> House {
        House::with("http://127.0.0.1:8087", sign_up, None, None)
    }

    /// With a provider of OpenID Connect that believes everybody.
    pub(super) fn with_openid(public_url: &str, sign_up: SignUp) -> House {
        let openid = Some(provider::believer());
        House::with(public_url, sign_up, None, openid)
    }

    /// With mail, and where it arrives.
    pub(super) fn with_mail(sign_up: SignUp) -> (House, Receiver<Letter>) {
        let (carrier, letters) = crate::mail::mailbox();
        let house = House::with("http://127.0.0.1:8087", sign_up, Some(carrier), None);
        (house, letters)
    }

    fn with(
        public_url: &str,
        sign_up: SignUp,
        carrier: Option<Box<dyn Carrier>>,
        openid: Option<OpenId>,
    ) -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            public_url: public_url.to_owned(),
            tls: public_url.starts_with("https:"),
            sign_up,
            ..Settings::for_tests()
        };
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let first_visit = FirstVisit::open().unwrap();
        let watch = Arc::new(Watch::new(Duration::MAX).unwrap());
        let mut app = App::start(Arc::clone(&store), settings, first_visit, None, watch).unwrap();
        app.mail =
            carrier.map(|carrier| Mail::start(store, public_url.to_owned(), carrier).unwrap());
        app.openid = openid;
        let app = Arc::new(app);
        let router = super::routes(&app)
            .merge(crate::api::routes())
            .fallback(super::not_found)
            .with_state(Arc::clone(&app));
        House {
            app,
            router,
            jar: Mutex::default(),
            address: Mutex::default(),
            claims: Mutex::default(),
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
        store.add_operator(email, "no password", now).unwrap();
        self.enter_as(email);
        self
    }

    /// With two organizations: Acme with its owner, who is signed in, and a member; and Umbrella with an
    /// owner. None of them is an operator, and none has a password.
    pub(super) fn with_customers() -> House {
        let house = House::new();
        let acme = house.customer("Acme", ACME_OWNER);
        house.customer("Umbrella", UMBRELLA_OWNER);
        house.colleague(acme, ACME_MEMBER, Role::Member);
        house.enter_as(ACME_OWNER);
        house
    }

    /// Somebody signs up, elsewhere than in this browser; their organization.
    pub(super) fn customer(&self, organization: &str, email: &str) -> OrganizationId {
        let (store, now) = (&self.app.store, Timestamp::now());
        let (_, id) = store.sign_up(&person(email), organization, now).unwrap();
        id
    }

    /// Somebody new joins an organization.
    pub(super) fn colleague(&self, id: OrganizationId, email: &str, role: Role) -> AccountId {
        let (store, now) = (&self.app.store, Timestamp::now());
        let account = store.add_account(&person(email), email, now).unwrap();
        store.add_member(id, account, role, email, now).unwrap();
        account
    }

    /// With the doors for programs, too, as the whole server has them; everybody has an address then.
    pub(super) fn with_every_door(mut self) -> House {
        self.router = crate::router::router(Arc::clone(&self.app));
        self
    }

    /// Where its data are.
    pub(super) fn folder(&self) -> &std::path::Path {
        self._folder.path()
    }

    /// An organization gets as many tokens as it may have.
    pub(super) fn fill_with_tokens(&self, organization: &str) {
        let db = rusqlite::Connection::open(self.folder().join("usage.db")).unwrap();
        let id = self.organization(organization).0;
        let fill =
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
            INSERT INTO token (organization, hash, prefix, created_at, may_forget, name)
            SELECT ?1, CAST('filled ' || n AS BLOB), '', 0, FALSE, '' FROM n
            LIMIT 10000 - (SELECT count(*) FROM token WHERE organization = ?1)";
        db.execute(fill, [id]).unwrap();
    }

    /// The browser is signed in as somebody else from now on; whoever it was stays signed in elsewhere.
    pub(super) fn enter_as(&self, email: &str) {
        self.leave();
        let (store, now) = (&self.app.store, Timestamp::now());
        let (account, tls) = (self.account_of(email), self.app.settings.tls);
        let cookie = account::start(store, &HeaderMap::new(), account, tls, now).unwrap();
        self.keep(&HeaderMap::from_iter([(SET_COOKIE, cookie.unwrap())]));
    }

    /// The browser forgets its cookies.
    pub(super) fn leave(&self) {
        self.set_cookies(BTreeMap::new());
    }

    pub(super) fn account_of(&self, email: &str) -> AccountId {
        let (account, _) = self.app.store.account_by_email(email).unwrap().unwrap();
        account.id
    }

    pub(super) fn organization(&self, name: &str) -> OrganizationId {
        self.app.store.find_organization(name).unwrap().unwrap().id
    }

    /// Its page: `/organizations/1`.
    pub(super) fn path_of(&self, organization: &str) -> String {
        format!("/organizations/{}", self.organization(organization).0)
    }

    /// From now on requests come from this address; without one nobody is slowed down for it.
    pub(super) fn comes_from(&self, address: &str) {
        *self.address.lock().unwrap() = Some(address.parse().unwrap());
    }

    /// From now on requests say this, too.
    pub(super) fn claims(&self, headers: &[(&'static str, &'static str)]) {
        let claimed = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, axum::http::HeaderValue::from_static(value))
        });
        *self.claims.lock().unwrap() = claimed.collect();
    }

    /// A report arrives; its place.
    pub(super) fn append(&self, kind: Kind, product: &str, body: &str) -> u64 {
        self.take(Sender::default(), kind, product, body)
    }

    /// The same, for an organization.
    pub(super) fn append_for(&self, of: &str, kind: Kind, product: &str, body: &str) -> u64 {
        let sender = Sender {
            organization: Some(self.organization(of)),
            token: None,
        };
        self.take(sender, kind, product, body)
    }

    fn take(&self, sender: Sender, kind: Kind, product: &str, body: &str) -> u64 {
        self.append_at(sender, kind, product, body, Timestamp::now())
    }

    /// A report that arrived then.
    pub(super) fn append_at(
        &self,
        sender: Sender,
        kind: Kind,
        product: &str,
        body: &str,
        at: Timestamp,
    ) -> u64 {
        let report = report(kind, product, sender, at, body.as_bytes().to_vec());
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
        let request = Request::get(path).body(Body::empty()).unwrap();
        let mut answer = self.send(request).await;
        answer.path = path.to_owned();
        answer
    }

    /// A link on a page of some site.
    pub(super) async fn get_from(&self, site: &str, path: &str) -> Answer {
        let request = Request::get(path).header("sec-fetch-site", site);
        self.send(request.body(Body::empty()).unwrap()).await
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

    /// Sends a form, and goes where the answer leads.
    pub(super) async fn post_and_follow(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let answer = self.post_form(path, fields).await;
        match answer.header("location") {
            nowhere if nowhere.is_empty() => answer,
            location => self.get(&location).await,
        }
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
        for (name, value) in &*self.claims.lock().unwrap() {
            request.headers_mut().insert(name, value.clone());
        }
        if let Some(address) = *self.address.lock().unwrap() {
            request.extensions_mut().insert(ClientAddress(address));
        }
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
