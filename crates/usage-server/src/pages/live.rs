//! `/live`: reports as they come, as server-sent events, for the script of the overview. Who has no script has
//! `/reports`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::Failure;
use crate::account::Operator;
use crate::app::App;
use crate::live;

/// nginx passes on what it is told at once, and doesn't gather it.
const NO_GATHERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /live`
pub(super) async fn watch(
    State(app): State<Arc<App>>,
    _: Operator,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let body = live::watch(&app, headers).ok_or(Failure::Busy)?;
    let kind = HeaderValue::from_static("text/event-stream");
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(NO_GATHERING, HeaderValue::from_static("no"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use http_body_util::BodyExt;
    use tokio::time::timeout;
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House};
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// The cookie of the house's browser.
    fn headers(house: &House) -> HeaderMap {
        let pairs: Vec<String> = house
            .cookies()
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        HeaderMap::from_iter([(header::COOKIE, pairs.join("; ").parse().unwrap())])
    }

    /// The next piece that is no sign of life; `None` at the end.
    async fn next(body: &mut Body) -> Option<String> {
        loop {
            let frame = timeout(PATIENCE, body.frame())
                .await
                .expect("nothing comes");
            let text = String::from_utf8(frame?.unwrap().into_data().unwrap().to_vec()).unwrap();
            if !text.starts_with(':') {
                return Some(text);
            }
        }
    }

    /// Waits until whoever looks is read for: what is before that isn't told.
    async fn begin(house: &House, body: &mut Body) {
        loop {
            house.append(Kind::Usage, "warm-up", "[]");
            if timeout(Duration::from_millis(700), next(body))
                .await
                .is_ok()
            {
                return;
            }
        }
    }

    #[tokio::test]
    async fn reports_come_as_lines_while_somebody_looks() {
        let house = House::signed_in();
        let answer = house.get("/live").await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.text.starts_with(':'), "{}", answer.text);
        let mut body = live::watch(&house.app, headers(&house)).unwrap();
        begin(&house, &mut body).await;
        let usage = serde_json::json!([{"values": {"cluster_id": HOSTILE, "server_id": "s1"}}]);
        house.append(Kind::Usage, "influxdb", &usage.to_string());
        let told = loop {
            let told = next(&mut body).await.unwrap();
            if told.contains("influxdb") {
                break told;
            }
        };
        let json = told
            .strip_prefix("data: ")
            .unwrap()
            .strip_suffix("\n\n")
            .unwrap();
        assert!(!json.contains('\n'), "{told:?}");
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        let line = &json["lines"][0];
        assert_eq!(
            (&line["kind"], &line["product"]),
            (&"usage".into(), &"influxdb".into())
        );
        assert_eq!(line["sender"], format!("{HOSTILE} / s1"));
    }

    #[tokio::test]
    async fn many_at_once_are_a_few_lines_and_a_number() {
        let house = House::signed_in();
        let mut body = live::watch(&house.app, headers(&house)).unwrap();
        begin(&house, &mut body).await;
        let before = house.append(Kind::Usage, "p", "[]");
        let last = (0..200)
            .map(|_| house.append(Kind::Usage, "p", "[]"))
            .last()
            .unwrap();
        let (mut told, mut lines) = (0, 0);
        let mut place = before;
        while place < last {
            let text = next(&mut body).await.unwrap();
            let json: serde_json::Value =
                serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap();
            let shown = json["lines"].as_array().unwrap();
            assert!(shown.len() <= 5);
            lines += shown.len() as u64;
            told += shown.len() as u64 + json["more"].as_u64().unwrap();
            place = shown[0]["below"].as_u64().unwrap() - 1;
        }
        assert!(told >= 200 && lines <= told, "{told} {lines}");
    }

    #[tokio::test]
    async fn it_ends_with_the_session_and_with_the_server() {
        let house = House::signed_in();
        let mut ended = live::watch(&house.app, headers(&house)).unwrap();
        begin(&house, &mut ended).await;
        let form = house.get("/account").await;
        let kept = house.cookies();
        house.post_form("/sign-out", &form.filled(&[])).await;
        house.append(Kind::Usage, "secret-product", "[]");
        while let Some(text) = next(&mut ended).await {
            assert!(!text.contains("secret-product"), "{text}");
        }
        house.set_cookies(kept);
        assert!(
            house
                .get("/live")
                .await
                .header("location")
                .starts_with("/sign-in")
        );

        house.enter_as("ada@example.com");
        let mut open = live::watch(&house.app, headers(&house)).unwrap();
        begin(&house, &mut open).await;
        house.app.live.end();
        while next(&mut open).await.is_some() {}
        assert!(
            live::watch(&house.app, headers(&house)).is_none(),
            "it stops"
        );
    }

    #[tokio::test]
    async fn so_many_may_look_and_who_does_not_read_is_let_go() {
        let house = House::signed_in();
        let headers = headers(&house);
        let mut bodies: Vec<Body> = std::iter::from_fn(|| live::watch(&house.app, headers.clone()))
            .take(100)
            .collect();
        assert_eq!(bodies.len(), 50);
        let mut reads = bodies.pop().unwrap();
        assert_eq!(house.get("/live").await.status, 503);
        // Who leaves makes room at once.
        bodies.truncate(4);
        begin(&house, &mut reads).await;
        while house.app.live.watchers() > 5 {
            house.append(Kind::Usage, "p", "[]");
            next(&mut reads).await.expect("who reads stays");
        }
        // One reads; with the others frames pile up to the bound, and they are let go.
        while house.app.live.watchers() > 1 {
            house.append(Kind::Usage, "p", "[]");
            next(&mut reads).await.expect("who reads stays");
        }
        assert!(live::watch(&house.app, headers).is_some());
        for mut body in bodies {
            let mut frames = 0;
            while timeout(PATIENCE, body.frame())
                .await
                .expect("it ends")
                .is_some()
            {
                frames += 1;
            }
            assert!(frames <= 8, "{frames}");
        }
    }

    #[tokio::test]
    async fn customers_see_nothing_of_it() {
        let house = House::with_customers();
        assert_eq!(house.get("/live").await.status, 403);
    }
}
