//! A provider elsewhere: where to send a browser, and who comes back with a code. What it says of itself and its
//! keys are remembered for a while, and so is that it doesn't answer. All of it blocks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use data_encoding::BASE64;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde::Deserialize;

use super::fetch::Fetch;
use super::id_token::{self, Address, Claims, Email, Expected, Refused};
use super::keys::{Keys, Written};
use super::metadata::{self, Metadata};
use super::{Journey, Person, Provider};
use crate::account::password::is_address;
use crate::config::OpenidConfig;
use crate::limits::{
    OPENID_CODE_MAX_BYTES, OPENID_KEPT_FOR, OPENID_KEYS_AGAIN_AFTER, OPENID_TRY_AGAIN_AFTER,
};

/// The provider that the settings name.
pub(crate) struct Remote {
    config: OpenidConfig,
    /// Where browsers come back to.
    back: String,
    fetch: Fetch,
    metadata: Mutex<Kept<Arc<Metadata>>>,
    keys: Mutex<Kept<Arc<Keys>>>,
}

/// What was asked for last.
struct Kept<T> {
    asked: Option<Instant>,
    /// Why there is no new one.
    failed: Option<String>,
    found: Option<T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept {
            asked: None,
            failed: None,
            found: None,
        }
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept, or what is asked for now. Others wait meanwhile: they want the same.
    fn get(&mut self, now: Instant, ask: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let since = self.asked.map(|asked| now.saturating_duration_since(asked));
        let kept_for = match self.failed {
            Some(_) => OPENID_TRY_AGAIN_AFTER,
            None => OPENID_KEPT_FOR,
        };
        if since.is_none_or(|since| since >= kept_for) {
            match ask() {
                Ok(found) => (self.found, self.failed) = (Some(found), None),
                Err(why) => self.failed = Some(why),
            }
            // A provider that hangs is left alone from the end of that on.
            self.asked = Some(Instant::now().max(now));
        }
        // What was true an hour ago is better than nothing.
        match (&self.found, &self.failed) {
            (Some(found), _) => Ok(found.clone()),
            (None, why) => Err(why.clone().unwrap_or_default()),
        }
    }

    /// It is to be asked for again, unless that was just done; whether it will be.
    fn outdate(&mut self, now: Instant) -> bool {
        let recent = |asked| now.saturating_duration_since(asked) < OPENID_KEYS_AGAIN_AFTER;
        if self.asked.is_some_and(recent) {
            return false;
        }
        self.asked = None;
        true
    }
}

/// What the provider answers to a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// What it says beside the token of who it is about.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    address: Address,
}

impl Remote {
    /// Nothing is asked before somebody comes. `public_url` is ours.
    pub(crate) fn new(config: OpenidConfig, public_url: &str) -> Result<Remote, String> {
        Ok(Remote {
            back: format!("{public_url}/sign-in/openid/back"),
            fetch: Fetch::new(&config.issuer, config.authorities.as_deref())?,
            config,
            metadata: Mutex::default(),
            keys: Mutex::default(),
        })
    }

    fn metadata(&self) -> Result<Arc<Metadata>, String> {
        let mut kept = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(Instant::now(), || {
            let url = metadata::address_of(&self.config.issuer);
            let found: Metadata = self.fetch.get(&url, None)?;
            found.check(&self.config.issuer)?;
            Ok(Arc::new(found))
        })
    }

    /// `None` where they were asked for just now already.
    fn keys(&self, metadata: &Metadata, again: bool) -> Result<Option<Arc<Keys>>, String> {
        let mut kept = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if again && !kept.outdate(now) {
            return Ok(None);
        }
        let ask = || {
            let written: Written = self.fetch.get(&metadata.jwks_uri, None)?;
            Ok(Arc::new(Keys::from(written)))
        };
        kept.get(now, ask).map(Some)
    }

    fn exchange(
        &self,
        metadata: &Metadata,
        journey: &Journey,
        code: &str,
    ) -> Result<Tokens, String> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.back)
            .append_pair("code_verifier", &journey.verifier());
        let (id, secret) = (&self.config.client_id, &self.config.client_secret);
        let authorization = match metadata.wants_secret_in_form() {
            true => {
                form.append_pair("client_id", id)
                    .append_pair("client_secret", secret);
                None
            }
            // RFC 6749, 2.3.1: escaped before they are joined.
            false => {
                let escaped = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let pair = format!("{}:{}", escaped(id), escaped(secret));
                Some(format!("Basic {}", BASE64.encode(pair.as_bytes())))
            }
        };
        let url = &metadata.token_endpoint;
        self.fetch
            .post(url, authorization.as_deref(), &form.finish())
    }

    fn claims(
        &self,
        metadata: &Metadata,
        journey: &Journey,
        token: &str,
    ) -> Result<Claims, String> {
        let nonce = journey.nonce();
        let check = |keys: &Keys| {
            let expected = Expected {
                issuer: &self.config.issuer,
                client_id: &self.config.client_id,
                nonce: &nonce,
                now: Timestamp::now().as_second(),
            };
            id_token::check(token, keys, &expected)
        };
        let known = self.keys(metadata, false)?;
        let mut checked = check(&known.unwrap_or_default());
        if checked == Err(Refused::UnknownKey)
            && let Some(keys) = self.keys(metadata, true)?
        {
            checked = check(&keys);
        }
        checked.map_err(|refused| {
            let why = match refused {
                Refused::UnknownKey => "none of the provider's keys signed it",
                Refused::Because(why) => why,
            };
            format!("the provider's ID token is refused: {why}")
        })
    }

    /// The address that stands beside the token, for providers that don't put it in.
    fn address(
        &self,
        metadata: &Metadata,
        claims: &Claims,
        access: Option<&str>,
    ) -> Result<Option<Email>, String> {
        let (Some(url), Some(access)) = (&metadata.userinfo_endpoint, access) else {
            return Ok(None);
        };
        if !access.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the provider's access token can't be sent back".to_owned());
        }
        let info: UserInfo = self.fetch.get(url, Some(access))?;
        match info.sub == claims.subject {
            true => Ok(info.address.read()),
            false => Err("the provider tells of somebody else than its token".to_owned()),
        }
    }
}

impl Provider for Remote {
    fn door(&self, journey: &Journey) -> Result<String, String> {
        let metadata = self.metadata()?;
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.back)
            .append_pair("scope", &self.config.scopes)
            .append_pair("state", &journey.state())
            .append_pair("nonce", &journey.nonce())
            .append_pair("code_challenge", &journey.challenge())
            .append_pair("code_challenge_method", "S256");
        let door = &metadata.authorization_endpoint;
        let joint = if door.contains('?') { '&' } else { '?' };
        Ok(format!("{door}{joint}{}", query.finish()))
    }

    fn who(&self, journey: &Journey, code: &str) -> Result<Person, String> {
        if code.len() > OPENID_CODE_MAX_BYTES {
            return Err("a code came that is too long".to_owned());
        }
        let metadata = self.metadata()?;
        let tokens = self.exchange(&metadata, journey, code)?;
        let claims = self.claims(&metadata, journey, &tokens.id_token)?;
        let email = match claims.email.clone() {
            Some(email) => Some(email),
            None => self.address(&metadata, &claims, tokens.access_token.as_deref())?,
        };
        let verified = email.filter(|email| email.verified && is_address(&email.address));
        Ok(Person {
            subject: claims.subject,
            verified_email: verified.map(|email| email.address),
        })
    }
}

#[cfg(test)]
mod tests;
