-- Schema 2: erasures that were asked for, and tokens that may ask.

-- server_id NULL: the whole cluster. organization NULL: all, and none. Once done, the ids are
-- emptied: what was erased must not live on in the record of its erasure.
CREATE TABLE erasure (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    code         TEXT NOT NULL UNIQUE,
    requested_at INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    product      TEXT NOT NULL,
    cluster_id   TEXT NOT NULL,
    server_id    TEXT,
    organization INTEGER,
    install_key  BLOB,
    reports      INTEGER NOT NULL DEFAULT 0,
    done_at      INTEGER
) STRICT;
CREATE INDEX erasure_pending ON erasure (id) WHERE done_at IS NULL;

-- Whether the token may have its organization's reports erased.
ALTER TABLE token ADD COLUMN may_forget INTEGER NOT NULL DEFAULT 0;
