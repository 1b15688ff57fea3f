-- Schema 10: webhooks, what waits for them, and up to where it is decided what they hear of; and which
-- cluster sent what was refused.

-- secret: readable, as messages are signed with it. events: 1 a cluster's first report, 2 a cluster gone
-- silent, 4 an organization registered, 8 a growing quarantine, added up.
CREATE TABLE webhook (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    url          TEXT NOT NULL,
    secret       BLOB NOT NULL,
    events       INTEGER NOT NULL,
    made_by      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    delivered    INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    failed_at    INTEGER,
    last_error   TEXT,
    dropped      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A message to one webhook. message: what its receiver knows it by. given_up_at NULL: it waits.
CREATE TABLE webhook_message (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook     INTEGER NOT NULL REFERENCES webhook (id),
    message     TEXT NOT NULL,
    event       INTEGER NOT NULL,
    body        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    last_error  TEXT,
    given_up_at INTEGER
) STRICT;
CREATE INDEX webhook_message_waiting ON webhook_message (webhook, given_up_at, due_at);

-- Up to where it is decided what webhooks hear of: the last cluster and organization, the last refused report
-- since when such are counted and when somebody was told last, the instant up to which silence is decided, when somebody looked last,
-- and before when no silence is decided. No row: there is no webhook.
CREATE TABLE webhook_watch (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    clusters      INTEGER NOT NULL,
    organizations INTEGER NOT NULL,
    refused       INTEGER NOT NULL,
    refused_since INTEGER NOT NULL,
    refused_told  INTEGER NOT NULL,
    silent_to     INTEGER NOT NULL,
    looked_at     INTEGER NOT NULL,
    hold_until    INTEGER NOT NULL
) STRICT;

-- The cluster that a refused report names, where it can be read; and its reasons with # for each number, as a
-- body that is cut off is cut off elsewhere each time.
ALTER TABLE quarantine ADD COLUMN cluster TEXT;
ALTER TABLE quarantine ADD COLUMN alike TEXT NOT NULL DEFAULT '';
UPDATE quarantine SET alike = errors;
DROP INDEX quarantine_sender;
CREATE INDEX quarantine_sender ON quarantine (product, kind, alike, cluster, id, at);
