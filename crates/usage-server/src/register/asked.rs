//! What somebody is asked for at `/start`: the parameters of the link, checked, with what is wrong in
//! words for the person who followed it.

use percent_encoding::percent_decode_str;
use usage_store::report::limits::NAME_BYTES_MAX;

use super::redirect::RedirectUrl;
use crate::limits::{START_QUERY_MAX_BYTES, STATE_MAX_BYTES};

/// SHA-256 in base64url.
const CHALLENGE_CHARS: usize = 43;

/// The parameters of a link.
const PARAMETERS: [&str; 6] = [
    "product",
    "cluster_id",
    "redirect_url",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// A token is asked for, for a cluster of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) product: String,
    pub(crate) cluster_id: String,
    pub(crate) way: Way,
}

/// How the token gets to the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The page shows it.
    Shown,
    /// The browser brings it.
    Token(RedirectUrl),
    /// The browser brings a code that only the program can exchange.
    Code(CodeWay),
}

/// Where a code goes, and who can exchange it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeWay {
    pub(crate) redirect: RedirectUrl,
    pub(crate) state: Option<String>,
    pub(crate) challenge: String,
}

impl Way {
    /// Where the browser goes afterwards.
    pub(crate) fn redirect(&self) -> Option<&RedirectUrl> {
        match self {
            Way::Shown => None,
            Way::Token(redirect) => Some(redirect),
            Way::Code(way) => Some(&way.redirect),
        }
    }
}

impl Asked {
    /// Reads the query of a link. Parameters that nobody knows are ignored.
    ///
    /// # Errors
    ///
    /// All that is wrong, a sentence each.
    pub(crate) fn read(query: &str) -> Result<Asked, Vec<String>> {
        if query.len() > START_QUERY_MAX_BYTES {
            return Err(vec![format!(
                "The address is too long: after its question mark at most {START_QUERY_MAX_BYTES} bytes are allowed."
            )]);
        }
        let mut wrong = garbled(query);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let mut text = |key: &str| one(&pairs, key, &mut wrong);
        let (product, cluster_id) = (text("product"), text("cluster_id"));
        let redirect_url = text("redirect_url").filter(|url| !url.trim().is_empty());
        let state = text("state");
        let (challenge, method) = (text("code_challenge"), text("code_challenge_method"));
        for (key, name) in [("product", &product), ("cluster_id", &cluster_id)] {
            wrong.extend(name_objection(key, name.as_deref().unwrap_or_default()));
        }
        let redirect = redirect_url.and_then(|url| match RedirectUrl::parse(&url) {
            Ok(redirect) => Some(redirect),
            Err(objection) => {
                wrong.push(format!("The redirect_url {objection}"));
                None
            }
        });
        let with_code = challenge.is_some() || method.is_some();
        if with_code && wrong.is_empty() {
            wrong.extend(proof_objections(
                redirect.is_some(),
                state.as_deref().unwrap_or_default(),
                challenge.as_deref().unwrap_or_default(),
                method.as_deref().unwrap_or_default(),
            ));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let way = match (redirect, challenge) {
            (None, _) => Way::Shown,
            (Some(redirect), None) => Way::Token(redirect),
            (Some(redirect), Some(challenge)) => Way::Code(CodeWay {
                redirect,
                state,
                challenge,
            }),
        };
        Ok(Asked {
            product: product.unwrap_or_default(),
            cluster_id: cluster_id.unwrap_or_default(),
            way,
        })
    }
}

/// What would be read as something else than was meant: no sender could ever name it.
fn garbled(query: &str) -> Vec<String> {
    let name = |pair: &&str| pair.split('=').next().unwrap_or_default().to_owned();
    let is_garbled = |pair: &&str| percent_decode_str(pair).decode_utf8().is_err();
    let names = query.split('&').filter(is_garbled).map(|pair| name(&pair));
    names
        .filter(|name| PARAMETERS.contains(&name.as_str()))
        .map(|name| format!("The {name} can’t be read: its escapes must be UTF-8."))
        .collect()
}

/// The value of a parameter. Twice the same is once; two that differ could be read in two ways.
fn one(pairs: &[(String, String)], key: &str, wrong: &mut Vec<String>) -> Option<String> {
    let mut values = pairs.iter().filter(|(name, _)| name == key);
    let (_, first) = values.next()?;
    if values.any(|(_, other)| other != first) {
        wrong.push(format!("There is more than one {key}."));
    }
    Some(first.clone())
}

/// What is wrong with a product's name.
pub(crate) fn product_objection(name: &str) -> Option<String> {
    name_objection("product", name)
}

/// What is wrong with a product's or a cluster's name.
pub(super) fn name_objection(key: &str, name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some(format!("The {key} is missing."));
    }
    if name.len() > NAME_BYTES_MAX {
        return Some(format!(
            "The {key} is too long: at most {NAME_BYTES_MAX} bytes are allowed."
        ));
    }
    name.chars()
        .any(char::is_control)
        .then(|| format!("The {key} has a control character in it."))
}

/// What is wrong with the wish for a code.
fn proof_objections(redirects: bool, state: &str, challenge: &str, method: &str) -> Vec<String> {
    let is_challenge = challenge.len() == CHALLENGE_CHARS
        && challenge
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let checks = [
        (
            redirects,
            "A code_challenge needs a redirect_url.".to_owned(),
        ),
        (
            method == "S256",
            "The code_challenge_method must be S256.".to_owned(),
        ),
        (
            is_challenge,
            format!("The code_challenge must have {CHALLENGE_CHARS} characters of base64url."),
        ),
        (
            state.len() <= STATE_MAX_BYTES && !state.chars().any(char::is_control),
            format!(
                "The state must have at most {STATE_MAX_BYTES} bytes, without control characters."
            ),
        ),
    ];
    let failed = checks.into_iter().filter(|(holds, _)| !holds);
    failed.map(|(_, objection)| objection).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_link_says_for_what_and_where_to() {
        let asked = Asked::read("cluster_id=clus%201&product=JamBox&x=y&redirect_url=").unwrap();
        assert_eq!(
            (asked.product.as_str(), asked.cluster_id.as_str()),
            ("JamBox", "clus 1")
        );
        assert_eq!(asked.way, Way::Shown);
        let back = "redirect_url=http%3A%2F%2F127.0.0.1%3A1%2FS%3Fa%3Db";
        let asked = Asked::read(&format!("cluster_id=c&product=p&{back}&state=s")).unwrap();
        let redirect = asked.way.redirect().unwrap().clone();
        assert_eq!(redirect.with_token("t"), "http://127.0.0.1:1/S?a=b&token=t");
        assert_eq!(asked.way, Way::Token(redirect.clone()));
        let code = format!("{back}&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256");
        let asked = Asked::read(&format!("product=p&cluster_id=c&{code}")).unwrap();
        let way = CodeWay {
            redirect,
            state: Some("s".to_owned()),
            challenge: CHALLENGE.to_owned(),
        };
        assert_eq!(asked.way, Way::Code(way));
    }

    #[track_caller]
    fn refused(query: &str, whys: &[&str]) {
        let wrong = Asked::read(query).unwrap_err();
        assert_eq!(wrong.len(), whys.len(), "{query}: {wrong:?}");
        for (said, why) in wrong.iter().zip(whys) {
            assert!(said.contains(why), "{query}: {said}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        refused("", &["product is missing", "cluster_id is missing"]);
        refused(
            "product=%20&cluster_id=%E3%80%80",
            &["product is missing", "cluster_id is missing"],
        );
        refused(
            "product=a%00&cluster_id=a%0Ab",
            &["product has a control", "cluster_id has a control"],
        );
        let long = format!("product=p&cluster_id={}", "x".repeat(NAME_BYTES_MAX + 1));
        refused(&long, &["cluster_id is too long"]);
        refused(
            "product=p&product=q&cluster_id=c",
            &["more than one product"],
        );
        assert!(Asked::read("product=p&product=p&cluster_id=c").is_ok());
        refused(
            "product=p&cluster_id=a%FFb&redirect_url=http://localhost/%E9",
            &["cluster_id can’t be read", "redirect_url can’t be read"],
        );
        assert!(Asked::read("product=p&cluster_id=c&utm=%FF").is_ok());
        refused(
            "product=p&cluster_id=c&redirect_url=javascript:1",
            &["redirect_url must begin with"],
        );
        refused(
            &format!("product=p&cluster_id=c&{}", "x".repeat(5_000)),
            &["too long"],
        );
    }

    #[test]
    fn whoever_wants_a_code_never_gets_a_token_instead() {
        let base = "product=p&cluster_id=c&redirect_url=http://localhost/";
        let method = "code_challenge_method=S256";
        refused(
            &format!("{base}&code_challenge={CHALLENGE}"),
            &["must be S256"],
        );
        refused(
            &format!("{base}&code_challenge={CHALLENGE}&code_challenge_method=plain"),
            &["must be S256"],
        );
        refused(
            &format!("{base}&code_challenge={CHALLENGE}&code_challenge_method=s256"),
            &["must be S256"],
        );
        refused(&format!("{base}&{method}"), &["43 characters"]);
        refused(
            &format!("{base}&code_challenge=&{method}"),
            &["43 characters"],
        );
        refused(
            &format!("{base}&code_challenge={}&{method}", &CHALLENGE[1..]),
            &["43 characters"],
        );
        refused(
            &format!("{base}&code_challenge={}%3D&{method}", &CHALLENGE[1..]),
            &["43 characters"],
        );
        refused(
            &format!("product=p&cluster_id=c&code_challenge={CHALLENGE}&{method}"),
            &["needs a redirect_url"],
        );
        let state = "x".repeat(STATE_MAX_BYTES + 1);
        refused(
            &format!("{base}&code_challenge={CHALLENGE}&{method}&state={state}"),
            &["state must have"],
        );
    }
}
