//! A browser on this machine brings a code to a listener on loopback; it is exchanged by POST, with the proof
//! that it was this program that asked (RFC 8252, RFC 7636).

use std::time::{Duration, Instant};

use serde_json::json;

use super::listener::{Arrival, Listener};
use super::pkce::{Secret, challenge};
use super::{RegisterError, shown, token_of, unless_unsupported};
use crate::core::Token;
use crate::{Client, Registration};

impl Client {
    /// Registers this installation in a browser on this machine, and returns its token. `show` gets the
    /// address to open, once; the registration's own redirect URL is replaced.
    ///
    /// The browser brings a code that is good once, and only for this call, to a listener on `127.0.0.1`
    /// that ends with it. An older server brings the token itself.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Expired`] after `within`; any other as it says. The product's
    /// [guard](crate::core::guard) against production by accident holds; consent is not asked for.
    pub fn register_loopback(
        &self,
        registration: &Registration,
        within: Duration,
        show: impl FnOnce(&str),
    ) -> Result<Token, RegisterError> {
        let start = Instant::now();
        let left = || within.saturating_sub(start.elapsed());
        let endpoint = self.guarded_endpoint()?;
        let (state, verifier) = (Secret::random()?, Secret::random()?);
        let listener = Listener::open(state.clone())?;
        let url = registration.clone().redirect_url(listener.url()).url_with(
            &endpoint.url,
            &[
                ("state", state.expose()),
                ("code_challenge", &challenge(verifier.expose())),
                ("code_challenge_method", "S256"),
            ],
        )?;
        shown(|| show(&url))?;
        let code = match listener.wait(left()).ok_or(RegisterError::Expired)? {
            Arrival::Token(token) => return Ok(token),
            Arrival::Denied => return Err(RegisterError::Denied),
            Arrival::Code(code) => code,
        };
        let asked = self.ask(
            "/register/token",
            &json!({
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier.expose(),
            }),
            left(),
        );
        token_of(&asked.map_err(unless_unsupported)?)
    }
}
