//! Around every page: its security headers, the refusal of other sites' forms, and the error
//! page where the inside failed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;

use super::failure::ErrorPage;
use super::layout::Layout;
use super::reader::Reader;
use super::{Failure, ask};
use crate::account::{SignedIn, is_cross_site};
use crate::app::App;
use crate::request::RequestId;

/// Nothing but our own style sheet, script and images; nobody frames us, forms come to us.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Where a page's form may lead in the end, beside here: browsers hold its policy against the redirect
/// that answers it, too. Left in a response's extensions.
#[derive(Debug, Clone)]
pub(super) struct FormTarget(pub(super) String);

/// Of what axum says about a request that it can't read.
const SAID_MAX_BYTES: usize = 4 * 1024;

/// The middleware around all pages.
pub(super) async fn frame(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let reader = Reader::of(&request, app.settings.tls);
    reader.during(framed(app, request, next)).await
}

async fn framed(app: Arc<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let headers = request.headers().clone();
    let writes = !request.method().is_safe();
    let response = if writes && is_cross_site(request.headers()) {
        Failure::ForeignForm.into_response()
    } else {
        next.run(request).await
    };
    finish(&app, id, &headers, response).await
}

/// The page for an address where nothing is; for the router's fallback.
pub(crate) async fn not_found(State(app): State<Arc<App>>, request: Request) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let response = Failure::NotFound.into_response();
    let reader = Reader::of(&request, app.settings.tls);
    reader
        .during(finish(&app, id, request.headers(), response))
        .await
}

async fn finish(
    app: &Arc<App>,
    id: Option<RequestId>,
    headers: &HeaderMap,
    mut response: Response,
) -> Response {
    let status = response.status();
    let is_page = response.headers().contains_key(CONTENT_TYPE)
        && response.headers()[CONTENT_TYPE]
            .as_bytes()
            .starts_with(b"text/html");
    if status.as_u16() >= 400 && !is_page {
        response = error_page(app, id, headers, response).await;
    }
    let policy = policy(response.extensions().get());
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A target that no header can carry is left out: then the browser stays here.
fn policy(target: Option<&FormTarget>) -> HeaderValue {
    let with_target = target.and_then(|FormTarget(target)| {
        let csp = CSP.replace(
            "form-action 'self'",
            &format!("form-action 'self' {target}"),
        );
        HeaderValue::try_from(csp).ok()
    });
    with_target.unwrap_or(HeaderValue::from_static(CSP))
}

/// What whoever looks has around an error page. Whatever fails here, they see that page.
async fn around(app: &Arc<App>, headers: &HeaderMap) -> Layout {
    let Ok(Some(person)) = SignedIn::of(headers, app).await else {
        return Layout::plain(app);
    };
    let layout = ask(app, move |app| {
        Layout::of_person(app, &person, Timestamp::now())
    });
    layout.await.unwrap_or_else(|_| Layout::plain(app))
}

async fn error_page(
    app: &Arc<App>,
    id: Option<RequestId>,
    headers: &HeaderMap,
    refused: Response,
) -> Response {
    let failure = refused.extensions().get::<Arc<Failure>>().cloned();
    let id = id.map(|id| id.text().to_owned());
    if let Some(cause) = failure.as_deref().and_then(Failure::cause) {
        tracing::error!(request_id = id.as_deref(), cause, "a page failed");
    }
    let status = refused.status();
    let (mut parts, body) = refused.into_parts();
    // axum says of an address or a form which part it can't read; it is short.
    let said = match (&failure, status) {
        (None, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
            axum::body::to_bytes(body, SAID_MAX_BYTES).await.ok()
        }
        _ => None,
    };
    let said = said.map(|bytes| usage_store::report::quoted(bytes.trim_ascii()));
    let anywhere = Reader::now().anywhere();
    let layout = anywhere.during(around(app, headers)).await;
    let page = ErrorPage::new(layout, status, failure.as_deref(), said, id);
    let Ok(html) = page.render() else {
        return parts.status.into_response();
    };
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let (page, body) = Html(html).into_response().into_parts();
    parts.headers.extend(page.headers);
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_OWNER, Answer, House, UMBRELLA_OWNER};
    use super::*;

    #[tokio::test]
    async fn every_answer_is_locked_down() {
        let house = House::new();
        for path in ["/sign-in", "/", "/welcome/x", "/nowhere"] {
            let answer = house.get(path).await;
            assert_eq!(answer.header("content-security-policy"), CSP, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        assert!(!CSP.contains("unsafe"));
    }

    #[tokio::test]
    async fn what_another_site_sends_is_refused() {
        let house = House::new();
        let answer = house
            .post_from("cross-site", "/sign-in", &[("email", "a@b.c")])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text.contains("Please send the form again"));
    }

    #[tokio::test]
    async fn an_unknown_address_gets_a_page_that_leads_back() {
        let house = House::new();
        let answer = house.get("/nowhere").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.text.contains("Page not found"));
        assert!(answer.text.contains(r#"href="/""#));
        let answer = house.post("/", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.text.contains("Not possible here"));
    }

    #[tokio::test]
    async fn an_error_page_has_the_ways_on_of_who_looks() {
        let house = House::with_customers();
        let acme = house.path_of("Acme");
        for (path, status) in [("/nowhere", 404), ("/operators", 403), ("/reports", 403)] {
            let answer = house.get(path).await;
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.text.contains(ACME_OWNER), "{path}");
            let links = answer.links();
            assert!(links.contains(&"/organizations".to_owned()), "{path}");
            assert!(!links.iter().any(|link| link.contains("/sign-in")));
            let left = house.post_form("/sign-out", &answer.filled(&[])).await;
            assert_eq!(left.header("location"), "/sign-in", "its button works");
            let strangers = house.get("/nowhere").await;
            assert!(!strangers.text.contains(ACME_OWNER));
            assert!(strangers.links().contains(&"/sign-in".to_owned()));
            house.enter_as(ACME_OWNER);
        }
        house.enter_as(UMBRELLA_OWNER);
        let anothers = house.get(&acme).await;
        assert_eq!(anothers.status, 404);
        assert!(!anothers.text.contains("Acme") && anothers.text.contains(UMBRELLA_OWNER));
        let house = house.let_in("op@example.com");
        let links = house.get("/nowhere").await.links();
        assert!(
            links.iter().filter(|link| *link == "/").count() > 1,
            "products"
        );
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_read_hears_which_part() {
        let house = House::signed_in();
        let answer = house.get("/reports?before=yesterday").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.text.contains("before: invalid digit"),
            "{}",
            answer.text
        );
        assert!(answer.text.contains("Check the address"));
    }

    #[tokio::test]
    async fn our_own_failure_shows_the_requests_id_and_no_cause() {
        let house = House::new();
        let failure = Failure::Broken("the cause <secret>".to_owned());
        let id = RequestId::new(HeaderValue::from_static("req-17")).unwrap();
        let nobody = HeaderMap::new();
        let answer = finish(&house.app, Some(id), &nobody, failure.into_response()).await;
        let answer = Answer::read(answer).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.text.contains("req-17"));
        assert!(!answer.text.contains("secret"));
    }
}
