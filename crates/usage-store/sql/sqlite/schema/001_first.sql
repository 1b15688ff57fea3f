-- Schema 1 of usage.db: the journal, the registry, the quarantine.
-- Times are milliseconds since 1970-01-01 UTC; days are days since then.

-- The journal -----------------------------------------------------------------------

-- One row for each commit, or for each span of 1,024 reports once re-packed. A row
-- covers the places from seq up to, not with, next.
CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    next   INTEGER NOT NULL,
    packed BLOB NOT NULL
) STRICT;

-- Keys seen in the last 30 days: 16-byte digests of key and scope, and of the body.
CREATE TABLE idempotency (
    digest BLOB PRIMARY KEY,
    body   BLOB NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is known of the journal as a whole: the place up to which it is re-packed, how often a
-- block was rewritten, and how many reports are of products that are not listed.
CREATE TABLE mark (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO mark (name, value) VALUES ('repack', 0), ('rewrite', 0), ('unlisted', 0);

-- The registry ----------------------------------------------------------------------

-- Counts changes to tokens, so that a grant checked earlier can be trusted or not.
CREATE TABLE registry_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO registry_version VALUES (1, 1);

-- name_key is the name without regard to case.
CREATE TABLE organization (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    organization INTEGER NOT NULL REFERENCES organization (id),
    hash         BLOB NOT NULL UNIQUE,
    prefix       TEXT NOT NULL,
    product      TEXT,
    cluster      TEXT,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX token_prefix ON token (prefix);

CREATE TABLE account (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    operator      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    hash       BLOB PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    adopted_at INTEGER
) STRICT;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;

-- The quarantine --------------------------------------------------------------------

CREATE TABLE quarantine (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    product    TEXT,
    errors     TEXT NOT NULL,
    body       BLOB NOT NULL,
    body_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_sender ON quarantine (product, kind, errors, id);
