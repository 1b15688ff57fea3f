-- Schema 4: customers. Who belongs to which organization, who may join, where people are signed in.

-- Somebody chose its name without proving anything: an operator's command never means it by its name.
ALTER TABLE organization ADD COLUMN self_registered INTEGER NOT NULL DEFAULT 0;

-- An empty password_hash: no password, signs in elsewhere. verified_at: the address is known to be theirs.
ALTER TABLE account ADD COLUMN verified_at INTEGER;

-- role: owner or member.
CREATE TABLE member (
    organization INTEGER NOT NULL REFERENCES organization (id),
    account      INTEGER NOT NULL REFERENCES account (id),
    role         TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    since        INTEGER NOT NULL,
    PRIMARY KEY (organization, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member (account);

-- Sessions get an id to end them by, the browser as it calls itself, and when it was last seen, to the hour.
CREATE TABLE session_with_browser (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB NOT NULL UNIQUE,
    account    INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    browser    TEXT NOT NULL
) STRICT;
INSERT INTO session_with_browser (hash, account, created_at, expires_at, seen_at, browser)
SELECT hash, account, created_at, expires_at, created_at, '' FROM session;
DROP TABLE session;
ALTER TABLE session_with_browser RENAME TO session;
CREATE INDEX session_account ON session (account);

-- Into an organization with a role, among the operators, or, with neither, to sign up.
CREATE TABLE invitation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         BLOB NOT NULL UNIQUE,
    organization INTEGER REFERENCES organization (id),
    role         TEXT,
    operator     INTEGER NOT NULL,
    made_by      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER
) STRICT;
CREATE INDEX invitation_organization ON invitation (organization);

CREATE TABLE password_reset (
    hash       BLOB PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_reset_account ON password_reset (account);

-- Who somebody is at an OpenID Connect provider.
CREATE TABLE identity (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id),
    since   INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_account ON identity (account);

ALTER TABLE token ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE INDEX token_organization ON token (organization);

-- To the hour. Apart from the tokens, which change the registry's version.
CREATE TABLE token_use (
    token   INTEGER PRIMARY KEY REFERENCES token (id),
    used_at INTEGER NOT NULL
) STRICT;

-- Hosts that operators let a product send tokens to.
CREATE TABLE redirect_host (
    product TEXT NOT NULL,
    host    TEXT NOT NULL,
    PRIMARY KEY (product, host)
) STRICT, WITHOUT ROWID;

-- The organization that an entry is about, so that its owners can be shown it.
ALTER TABLE audit ADD COLUMN organization INTEGER;
CREATE INDEX audit_organization ON audit (organization, id);
