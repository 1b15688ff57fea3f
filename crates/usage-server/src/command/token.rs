//! `usage-server token`: issue and revoke. The secret goes to standard output alone, so
//! that scripts can take it; everything else is said on standard error.

use std::io::{Read, Write};

use jiff::Timestamp;
use usage_store::registry::{COMMAND_LINE, NewToken, Revoked};
use usage_store::{Store, Writing};

use super::{Failure, io, open_beside_or_new, organization};
use crate::account::draw_token;
use crate::cli::{TokenIssue, TokenRevoke};
use crate::limits::TOKEN_MAX_BYTES;

/// Prints a token and makes it valid.
pub(crate) fn issue(options: &TokenIssue) -> Result<(), Failure> {
    let (name, id) = (options.organization.as_deref(), options.organization_id);
    organization::check(name)?;
    for (flag, bound) in [("product", &options.product), ("cluster", &options.cluster)] {
        if bound.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Failure::Usage(format!(
                "--{flag} must not be blank; leave it out for a token that isn't bound to one"
            )));
        }
    }
    let token = if options.token_stdin {
        from_stdin()?
    } else {
        draw()?
    };
    let store = open_beside_or_new(&options.data.data_dir)?;
    let now = Timestamp::now();
    let organization = organization::named_or_new(&store, name, id, now)?
        .ok_or_else(|| Failure::Usage("say --organization or --organization-id".to_owned()))?;
    let new = NewToken {
        secret: &token,
        drawn_here: !options.token_stdin,
        organization,
        name: "",
        product: options.product.as_deref(),
        cluster: options.cluster.as_deref(),
        may_forget: options.may_forget,
        by: COMMAND_LINE,
    };
    store.add_token(&new, now)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&token)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(io("standard output"))
}

/// Makes a token invalid.
pub(crate) fn revoke(options: &TokenRevoke) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let said = match store.revoke_token(options.token.trim(), Timestamp::now())? {
        Revoked::Now(prefix) => format!("revoked {prefix}…"),
        Revoked::Before(prefix) => format!("{prefix}… was revoked before"),
    };
    writeln!(std::io::stderr(), "{said}").map_err(io("standard error"))
}

fn draw() -> Result<Vec<u8>, Failure> {
    let token = draw_token().map_err(|e| Failure::Failed(e.to_string()))?;
    Ok(token.into_bytes())
}

/// A token from elsewhere. Blanks around it can't travel in a header and are taken off.
fn from_stdin() -> Result<Vec<u8>, Failure> {
    let mut token = Vec::new();
    let limit = TOKEN_MAX_BYTES as u64 + 2;
    std::io::stdin()
        .take(limit)
        .read_to_end(&mut token)
        .map_err(io("standard input"))?;
    let token = token.trim_ascii();
    if token.is_empty() {
        return Err(Failure::Usage(
            "--token-stdin: standard input has no token".to_owned(),
        ));
    }
    if token.len() > TOKEN_MAX_BYTES {
        return Err(Failure::Usage(format!(
            "--token-stdin: a token has at most {TOKEN_MAX_BYTES} bytes"
        )));
    }
    if token
        .iter()
        .any(|byte| byte.is_ascii_control() && *byte != b'\t')
    {
        return Err(Failure::Usage(
            "--token-stdin: the token has control characters, which no header can carry".to_owned(),
        ));
    }
    Ok(token.to_vec())
}
