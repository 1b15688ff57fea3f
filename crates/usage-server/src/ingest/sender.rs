//! Who sends: the token and what it allows, and the address, which serves the limit per sender
//! and is kept nowhere.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, header};
use jiff::Timestamp;
use usage_store::registry::Grant;
use usage_store::report::{Observation, quoted};

use super::census::Names;
use super::path::percent_decoded;
use super::throttle::Source;
use super::{Limited, Refusal};
use crate::app::{App, Settings};
use crate::limits::BODY_BYTES_PER_REQUEST;

const X_AUTHORIZATION: HeaderName = HeaderName::from_static("x-authorization");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Lets a sender in, or not: its token's grant, if it has one, and one request out of its
/// bucket. Guesses at tokens empty the bucket of their address.
pub(super) fn admit<'a>(
    app: &'a App,
    parts: &Parts,
    peer: IpAddr,
) -> Result<(Option<Grant>, Payer<'a>), Refusal> {
    let grant = grant(app, parts);
    let known = grant.as_ref().ok().and_then(Option::as_ref);
    let payer = Payer::of(app, &parts.headers, peer, known);
    payer.pay(Limited::Requests, 1)?;
    Ok((grant?, payer))
}

/// Takes one request out of the sender's bucket: its token's, or else its address's.
pub(super) fn limit<'a>(
    app: &'a App,
    parts: &Parts,
    grant: Option<&Grant>,
    what: Limited,
) -> Result<Payer<'a>, Refusal> {
    let payer = Payer::of(app, &parts.headers, peer(&parts.extensions), grant);
    payer.pay(what, 1)?;
    Ok(payer)
}

/// Takes one request out of the bucket of an address that asks without a token.
pub(crate) fn pay(app: &App, parts: &Parts) -> Result<(), Refusal> {
    limit(app, parts, None, Limited::Requests).map(|_| ())
}

/// Out of whose buckets a request is paid.
pub(super) struct Payer<'a> {
    app: &'a App,
    /// `None` for loopback, which is exempt.
    source: Option<Source>,
}

impl Payer<'_> {
    fn of<'a>(app: &'a App, headers: &HeaderMap, peer: IpAddr, grant: Option<&Grant>) -> Payer<'a> {
        let address = address(headers, peer, &app.settings);
        let source = match grant {
            _ if address.is_loopback() && !app.settings.limit_loopback => None,
            Some(grant) => Some(Source::Token(grant.token)),
            None => Some(Source::address(address)),
        };
        Payer { app, source }
    }

    fn pay(&self, what: Limited, requests: u32) -> Result<(), Refusal> {
        let Some(source) = self.source else {
            return Ok(());
        };
        self.app
            .ingest
            .throttle(what, source, requests, Instant::now())
            .map_err(|retry_after_seconds| Refusal::TooMany {
                retry_after_seconds,
            })
    }

    /// A body counts as a request for each of its [`BODY_BYTES_PER_REQUEST`]: takes those that it
    /// counts for now, and didn't when it had `before` bytes.
    pub(super) fn pay_for_growth(&self, before: usize, now: usize) -> Result<(), Refusal> {
        match growth(before, now) {
            0 => Ok(()),
            requests => self.pay(Limited::Requests, requests),
        }
    }

    /// How the servers that a report names are counted, if they are: a token has no such limit.
    pub(super) fn names(&self) -> Option<Names> {
        matches!(self.source, Some(Source::Address(_))).then(|| self.app.ingest.names())
    }

    /// Counts them.
    pub(super) fn count(&self, servers: &[u64], now: Timestamp) -> Result<(), Refusal> {
        let Some(source) = self.source else {
            return Ok(());
        };
        let counted = self.app.ingest.count(source, servers, now);
        counted.map_err(|retry_after_seconds| Refusal::TooManyServers {
            retry_after_seconds,
        })
    }

    /// As [`Payer::pay_for_growth`] after the work was done: taken from what the bucket gets back later.
    pub(super) fn owe_for_growth(&self, before: usize, now: usize) {
        if let Some(source) = self.source {
            let requests = growth(before, now);
            self.app.ingest.charge(source, requests, Instant::now());
        }
    }
}

fn growth(before: usize, now: usize) -> u32 {
    let requests = |bytes: usize| bytes.saturating_sub(1) / BODY_BYTES_PER_REQUEST;
    u32::try_from(requests(now).saturating_sub(requests(before))).unwrap_or(u32::MAX)
}

fn grant(app: &App, parts: &Parts) -> Result<Option<Grant>, Refusal> {
    let Some(token) = token(&parts.headers, parts.uri.query())? else {
        return Ok(None);
    };
    match app.store.authenticate(&token) {
        Ok(Some(grant)) => Ok(Some(grant)),
        Ok(None) => Err(unknown_token()),
        Err(cause) => {
            tracing::error!(%cause, "a token could not be looked up");
            Err(Refusal::NotStored)
        }
    }
}

/// A token that is not, or no longer, one of ours.
pub(super) fn unknown_token() -> Refusal {
    Refusal::Token("this token is unknown or was revoked; nothing was stored".to_owned())
}

/// A token bound to a product or a cluster reports for nothing else.
pub(super) fn may_report(
    grant: &Grant,
    product: &str,
    observations: &[Observation<'_>],
) -> Result<(), Refusal> {
    if let Some(bound) = &grant.product
        && bound != product
    {
        return Err(Refusal::Token(format!(
            "this token may report for the product {bound} only; this report is for {}",
            quoted(product)
        )));
    }
    if let Some(bound) = &grant.cluster {
        let mut named = observations
            .iter()
            .filter_map(|one| one.cluster_id.as_deref());
        if let Some(other) = named.find(|cluster| cluster != bound) {
            return Err(Refusal::Token(format!(
                "this token may report for the cluster {bound} only; this report names {}",
                quoted(other)
            )));
        }
    }
    Ok(())
}

/// The token: raw in X-Authorization, or a Bearer, or the query parameter `token`. Any bytes;
/// blank means absent; two that differ are refused.
pub(super) fn token(headers: &HeaderMap, query: Option<&str>) -> Result<Option<Vec<u8>>, Refusal> {
    let raw = headers
        .get_all(X_AUTHORIZATION)
        .iter()
        .map(|value| value.as_bytes().to_vec());
    let bearers = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .filter_map(|value| bearer(value.as_bytes()))
        .map(<[u8]>::to_vec);
    let in_query = query.unwrap_or_default().split('&').filter_map(query_token);
    let mut found: Option<Vec<u8>> = None;
    for token in raw.chain(bearers).chain(in_query) {
        let token = token.trim_ascii();
        match &found {
            _ if token.is_empty() => {}
            None => found = Some(token.to_vec()),
            Some(first) if first == token => {}
            Some(_) => {
                return Err(Refusal::Token(
                    "the request has two tokens that differ; send one, in X-Authorization"
                        .to_owned(),
                ));
            }
        }
    }
    Ok(found)
}

pub(crate) fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

fn query_token(pair: &str) -> Option<Vec<u8>> {
    let (key, value) = pair.split_once('=')?;
    let form_decoded = |text: &str| percent_decoded(&text.replace('+', " "));
    if form_decoded(key)? != b"token" {
        return None;
    }
    // A broken escape can't be one of our tokens, but it is not "no token" either.
    Some(form_decoded(value).unwrap_or_else(|| value.as_bytes().to_vec()))
}

/// Who is at the other end of the connection.
pub(crate) fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip())
}

/// The sender's address: the peer's, or behind trusted proxies the one that the outermost of
/// them saw.
pub(crate) fn address(headers: &HeaderMap, peer: IpAddr, settings: &Settings) -> IpAddr {
    let peer = peer.to_canonical();
    let trusted = |address| {
        settings
            .trusted_proxies
            .iter()
            .any(|net| within(address, *net))
    };
    if !trusted(peer) {
        return peer;
    }
    let mut seen = peer;
    for value in headers.get_all(X_FORWARDED_FOR).iter().rev() {
        for hop in value.to_str().unwrap_or_default().rsplit(',') {
            let Some(address) = forwarded(hop.trim()) else {
                return seen;
            };
            seen = address;
            if !trusted(address) {
                return seen;
            }
        }
    }
    seen
}

fn forwarded(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let address = bare
        .parse()
        .or_else(|_| hop.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Whether an address is in a network.
pub(crate) fn within(address: IpAddr, (net, prefix): (IpAddr, u8)) -> bool {
    let keep = |bits: u32| bits.saturating_sub(u32::from(prefix));
    match (address, net) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits())
                .checked_shr(keep(32))
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits())
                .checked_shr(keep(128))
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, Request};
    use usage_store::registry::{OrganizationId, TokenId};

    fn found(
        headers: &[(&'static str, &[u8])],
        query: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        token(&map, query).map(|token| token.map(|bytes| String::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn a_token_comes_in_three_ways() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found(&[], None).unwrap(), None);
        assert_eq!(
            found(&[("x-authorization", b"t")], None).unwrap(),
            some("t")
        );
        assert_eq!(
            found(&[("x-authorization", b"a\tb")], None).unwrap(),
            some("a\tb")
        );
        assert_eq!(
            found(&[("x-authorization", "tökén".as_bytes())], None).unwrap(),
            some("tökén")
        );
        assert_eq!(
            found(&[("authorization", b"Bearer t")], None).unwrap(),
            some("t")
        );
        assert_eq!(
            found(&[("authorization", b"bearer  t")], None).unwrap(),
            some("t")
        );
        assert_eq!(
            found(&[("authorization", b"Basic dTpw")], None).unwrap(),
            None
        );
        assert_eq!(
            found(&[], Some("a=b&token=a%20b+c")).unwrap(),
            some("a b c")
        );
        assert_eq!(found(&[], Some("t%6Fken=x")).unwrap(), some("x"));
        assert_eq!(found(&[], Some("token=%zz")).unwrap(), some("%zz"));
        assert_eq!(found(&[], Some("token=&tokens=x&token")).unwrap(), None);
        assert_eq!(
            found(
                &[("x-authorization", b" "), ("authorization", b"Bearer ")],
                Some("token=t")
            )
            .unwrap(),
            some("t")
        );
        assert_eq!(
            found(
                &[("x-authorization", b"t"), ("authorization", b"Bearer t")],
                Some("token=t")
            )
            .unwrap(),
            some("t")
        );
    }

    #[test]
    fn two_tokens_that_differ_are_refused() {
        for (headers, query) in [
            (
                &[
                    ("x-authorization", &b"a"[..]),
                    ("authorization", b"Bearer b"),
                ][..],
                None,
            ),
            (&[("x-authorization", b"a")], Some("token=b")),
            (
                &[("x-authorization", b"a"), ("x-authorization", b"b")],
                None,
            ),
            (&[], Some("token=a&token=b")),
        ] {
            assert!(matches!(found(headers, query), Err(Refusal::Token(_))));
        }
    }

    #[test]
    fn a_bound_token_reports_for_nothing_else() {
        let grant = Grant {
            token: TokenId(1),
            organization: OrganizationId(1),
            product: Some("influxdb".to_owned()),
            cluster: Some("c1".to_owned()),
            may_forget: false,
            prefix: String::new(),
            registry_version: 1,
        };
        let named = |cluster: Option<&'static str>| Observation {
            cluster_id: cluster.map(Into::into),
            ..Observation::default()
        };
        assert!(may_report(&grant, "influxdb", &[named(Some("c1")), named(None)]).is_ok());
        assert!(may_report(&grant, "kapacitor", &[named(Some("c1"))]).is_err());
        assert!(may_report(&grant, "influxdb", &[named(Some("c1")), named(Some("c2"))]).is_err());
    }

    fn seen(peer: &str, trusted: &[(&str, u8)], forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header(X_FORWARDED_FOR, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let settings = Settings {
            trusted_proxies: trusted
                .iter()
                .map(|(net, prefix)| (net.parse().unwrap(), *prefix))
                .collect(),
            ..Settings::for_tests()
        };
        address(&parts.headers, peer.parse().unwrap(), &settings).to_string()
    }

    #[test]
    fn proxies_are_believed_only_where_trusted() {
        let proxies = &[("10.0.0.0", 8), ("::1", 128)][..];
        assert_eq!(seen("192.0.2.1", proxies, &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(seen("10.1.2.3", proxies, &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            seen(
                "10.1.2.3",
                proxies,
                &["203.0.113.9, 198.51.100.7, 10.9.9.9"]
            ),
            "198.51.100.7"
        );
        assert_eq!(
            seen("::1", proxies, &["203.0.113.9", "198.51.100.7:4711"]),
            "198.51.100.7"
        );
        assert_eq!(seen("::1", proxies, &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(
            seen("::ffff:10.1.2.3", proxies, &["2001:db8::1"]),
            "2001:db8::1"
        );
        assert_eq!(seen("10.1.2.3", proxies, &["unknown"]), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", proxies, &[]), "10.1.2.3");
        assert_eq!(
            seen("192.0.2.1", &[("0.0.0.0", 0)], &["198.51.100.7"]),
            "198.51.100.7"
        );
    }
}
