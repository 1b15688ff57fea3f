-- Schema 1 of model.db: the read model. All of it is derived from the journal but the ids.
-- Times are milliseconds since 1970-01-01 UTC; days are days since then. Products and
-- organizations are those of usage.db.

-- How far the model is: the place of the first report that it has not wholly taken in, how many of
-- that one's elements it has, and when the last one it has was received.
CREATE TABLE applied (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    seq         INTEGER NOT NULL,
    element     INTEGER NOT NULL,
    received_at INTEGER
) STRICT;
INSERT INTO applied VALUES (1, 0, 0, NULL);

-- What the model keeps although the journal doesn't: the first day of which the journal still has
-- all, and up to where (place, element) reports of earlier days are counted. No row: it has all.
CREATE TABLE kept (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    horizon INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    element INTEGER NOT NULL
) STRICT;

-- Spans of the journal whose reports an erasure has taken out of the counts: so that it does so
-- once, whatever happens between that and their leaving the journal.
CREATE TABLE uncounted (
    erasure INTEGER NOT NULL,
    span    INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (erasure, span)
) STRICT, WITHOUT ROWID;

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
