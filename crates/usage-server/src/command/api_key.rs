//! `usage-server api-key`: issue, list and revoke. The secret and the list go to standard output, so that
//! scripts can take them; everything else is said on standard error.

use std::io::Write;

use jiff::Timestamp;
use usage_store::registry::{self, COMMAND_LINE, NewApiKey, Revoked};
use usage_store::{Store, Writing};

use super::{Failure, io, open_beside_or_new, say};
use crate::account::{api_key, draw_api_key};
use crate::cli::{ApiKeyIssue, ApiKeyRevoke, DataDir, Scope};

/// Prints a key and makes it valid.
pub(crate) fn issue(options: &ApiKeyIssue) -> Result<(), Failure> {
    let now = Timestamp::now();
    let name =
        api_key::name(&options.name).map_err(|wrong| Failure::Usage(format!("--name: {wrong}")))?;
    let expires_at = api_key::expiry(options.expires.as_deref().unwrap_or_default(), now)
        .map_err(|wrong| Failure::Usage(format!("--expires: {wrong}")))?;
    let secret = draw_api_key().map_err(|e| Failure::Failed(e.to_string()))?;
    let new = NewApiKey {
        secret: secret.as_bytes(),
        name: &name,
        scopes: options.scope.iter().copied().map(wanted).collect(),
        expires_at,
        by: COMMAND_LINE,
    };
    open_beside_or_new(&options.data.data_dir)?.add_api_key(&new, now)?;
    writeln!(std::io::stdout(), "{secret}").map_err(io("standard output"))
}

/// Prints what is known of each key, a line each, with tabs between.
pub(crate) fn list(data: &DataDir) -> Result<(), Failure> {
    let store = Store::open(&data.data_dir, Writing::Beside)?;
    let now = Timestamp::now();
    let mut text = "KEY\tNAME\tSCOPES\tMADE BY\tISSUED\tLAST USED\tSTATE\n".to_owned();
    for key in store.api_keys()? {
        let at = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
        let used = key.used_at.map_or_else(|| "never".to_owned(), at);
        let state = match (key.revoked_at, key.expires_at) {
            (Some(revoked), _) => format!("revoked {}", at(revoked)),
            (None, Some(end)) if end <= now => format!("expired {}", at(end)),
            (None, Some(end)) => format!("valid until {}", at(end)),
            (None, None) => "valid".to_owned(),
        };
        let fields = [
            format!("{}…", key.prefix),
            key.name,
            key.scopes.names(),
            key.made_by,
            at(key.created_at),
            used,
            state,
        ];
        text += &fields.join("\t");
        text.push('\n');
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .map_err(io("standard output"))
}

/// Makes a key invalid.
pub(crate) fn revoke(options: &ApiKeyRevoke) -> Result<(), Failure> {
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    match store.revoke_api_key_like(options.key.trim(), Timestamp::now())? {
        Revoked::Now(prefix) => say(&format!("revoked {prefix}…")),
        Revoked::Before(prefix) => say(&format!("{prefix}… was revoked before")),
    }
}

fn wanted(scope: Scope) -> registry::Scope {
    match scope {
        Scope::Read => registry::Scope::Read,
        Scope::Export => registry::Scope::Export,
        Scope::Admin => registry::Scope::Admin,
    }
}
