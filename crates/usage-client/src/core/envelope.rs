//! What goes around a report that waited: which one it is, when it was made, and whose. And the request to
//! be forgotten.

use std::time::Duration;

use super::request::{INSTALL_KEY_HEADER, post_to};
use super::{BaseUrl, Header, Report, Request, Token, UnixMillis};
use crate::Error;

/// A report that is sent within this is not late: it needs no word about when it was made.
const LATE_AFTER: Duration = Duration::from_secs(60);

/// Who sends, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The server.
    pub base: &'a BaseUrl,
    /// The customer; blank for none.
    pub token: &'a Token,
    /// The install's secret, for when it has no token: the right to have its reports erased.
    pub install_key: Option<&'a Token>,
}

impl Sender<'_> {
    /// The request that saves `report` at `now`.
    ///
    /// A late one says when it was made, and what time it is for the sender: the server takes the
    /// difference, so a wrong clock does no harm.
    ///
    /// # Errors
    ///
    /// Those of [`encode`](super::encode).
    pub fn request(&self, report: &Report, now: UnixMillis) -> Result<Request, Error> {
        let mut more = vec![("Idempotency-Key", report.key.to_string().into_bytes())];
        if now.since(report.reported_at) > LATE_AFTER {
            more.push(("X-Reported-At", report.reported_at.to_rfc3339().into()));
            more.push(("Date", now.to_http_date().into()));
        }
        more.extend(self.install_key()?);
        post_to(
            self.base,
            &report.path,
            self.token,
            more,
            report.body.clone(),
        )
    }

    /// The request to erase what this install reported.
    ///
    /// # Errors
    ///
    /// Those of [`encode`](super::encode).
    pub fn forget(
        &self,
        product: &str,
        cluster_id: &str,
        server_id: &str,
    ) -> Result<Request, Error> {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let body = format!(
            r#"{{"product":{},"cluster_id":{},"server_id":{}}}"#,
            text(product),
            text(cluster_id),
            text(server_id),
        );
        let more = self.install_key()?.into_iter().collect();
        post_to(self.base, "/forget", self.token, more, body.into())
    }

    /// Of those without a token only: with one, the token is the right.
    fn install_key(&self) -> Result<Option<Header>, Error> {
        let Some(key) = self.install_key.filter(|_| self.token.is_blank()) else {
            return Ok(None);
        };
        Ok(key.header_value()?.map(|value| (INSTALL_KEY_HEADER, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Usage;
    use crate::core::IdempotencyKey;

    const MADE: UnixMillis = UnixMillis::new(1_800_000_000_250);

    fn header(request: &Request, name: &str) -> Option<String> {
        let found = request.headers().iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    fn request(token: &str, now: UnixMillis) -> Request {
        let key = IdempotencyKey::from_random([0; 16]);
        let report = Report::new("jambox", &Usage::new("jambox"), MADE, key).unwrap();
        let sender = Sender {
            base: &"http://usage.example.com".into(),
            token: &token.into(),
            install_key: Some(&"install-secret".into()),
        };
        sender.request(&report, now).unwrap()
    }

    #[test]
    fn a_late_report_says_how_late() {
        let soon = request("token", MADE);
        assert_eq!(header(&soon, "X-Reported-At"), None);
        assert_eq!(header(&soon, "Date"), None);
        let key = header(&soon, "Idempotency-Key").unwrap();
        assert_eq!(key, "00000000-0000-4000-8000-000000000000");

        let late = request("token", MADE + Duration::from_secs(3600));
        assert_eq!(
            header(&late, "X-Reported-At").unwrap(),
            "2027-01-15T08:00:00.250Z"
        );
        assert_eq!(
            header(&late, "Date").unwrap(),
            "Fri, 15 Jan 2027 09:00:00 GMT"
        );
        assert_eq!((late.body(), late.target()), (soon.body(), soon.target()));

        // The clock went back since: nothing true can be said.
        let earlier = request("token", MADE.before(Duration::from_secs(3600)));
        assert_eq!(header(&earlier, "X-Reported-At"), None);
    }

    #[test]
    fn the_install_s_secret_is_for_those_without_a_token() {
        assert_eq!(header(&request("token", MADE), "X-Install-Key"), None);
        assert_eq!(
            header(&request("", MADE), "X-Install-Key").unwrap(),
            "install-secret"
        );
    }
}
