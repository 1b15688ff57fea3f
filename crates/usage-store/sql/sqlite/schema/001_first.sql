-- Schema 1: the journal, the registry, the read model, the quarantine.
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

-- How far each follower of the journal is: the place of the first report not taken in, and how
-- many of its elements are. Two are counters: how often a span was rewritten ('rewrite'), and how
-- many reports are of products that are not listed ('unlisted').
CREATE TABLE mark (
    follower    TEXT PRIMARY KEY,
    seq         INTEGER NOT NULL,
    element     INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO mark (follower, seq) VALUES ('model', 0), ('repack', 0), ('rewrite', 0), ('unlisted', 0);

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

-- The read model --------------------------------------------------------------------

-- A server's identity is permanent; the rest is derived. organization 0 is none,
-- server_id '' stands for its cluster's one server.
CREATE TABLE server (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    product      INTEGER NOT NULL,
    cluster_id   TEXT NOT NULL,
    server_id    TEXT NOT NULL,
    organization INTEGER NOT NULL,
    first_seen   INTEGER,
    last_seen    INTEGER,
    host         TEXT,
    host_at      INTEGER,
    version      TEXT,
    version_at   INTEGER,
    usage        TEXT,
    usage_at     INTEGER,
    spans        BLOB,
    UNIQUE (product, cluster_id, server_id, organization)
) STRICT;
CREATE INDEX server_product ON server (product, id);

CREATE TABLE dimension (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    product INTEGER NOT NULL,
    name    TEXT NOT NULL,
    UNIQUE (product, name)
) STRICT;

CREATE TABLE dimension_value (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    dimension INTEGER NOT NULL,
    value     TEXT NOT NULL,
    UNIQUE (dimension, value)
) STRICT;

-- The latest usage observation of a server on a day: when, and which cells it is in.
CREATE TABLE day (
    product INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    server  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    cells   BLOB NOT NULL,
    PRIMARY KEY (product, day, server)
) STRICT, WITHOUT ROWID;

-- Which servers: a roaring bitmap of their ids. dimension 0 holds the day's own sets:
-- value 0 the active ones, value 1 the anonymous ones that also report under a token.
CREATE TABLE cell (
    product   INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    dimension INTEGER NOT NULL,
    value     INTEGER NOT NULL,
    servers   BLOB NOT NULL,
    PRIMARY KEY (product, day, dimension, value)
) STRICT, WITHOUT ROWID;

-- How many reports count on a day, and the last of them in the journal's order.
-- kind: 1 servers, 2 stats, 3 usage.
CREATE TABLE day_reports (
    product          INTEGER NOT NULL,
    day              INTEGER NOT NULL,
    kind             INTEGER NOT NULL,
    reports          INTEGER NOT NULL,
    last_seq         INTEGER NOT NULL,
    last_received_at INTEGER NOT NULL,
    PRIMARY KEY (product, day, kind)
) STRICT, WITHOUT ROWID;

-- What the model keeps although the journal doesn't: the first day of which the journal still has
-- all, and up to where (place, element) reports of earlier days are counted. No row: it has all.
CREATE TABLE kept (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    horizon INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    element INTEGER NOT NULL
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
