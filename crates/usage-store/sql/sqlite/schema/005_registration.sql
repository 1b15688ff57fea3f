-- Schema 5: registrations under way. Secrets are SHA-256; what is over is removed.

-- A person said yes; a program may exchange the code once, with the verifier of the challenge.
-- replaces 1: the token takes the place of those that the cluster has.
CREATE TABLE register_code (
    hash         BLOB PRIMARY KEY,
    product      TEXT NOT NULL,
    cluster      TEXT NOT NULL,
    challenge    TEXT NOT NULL,
    organization INTEGER NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account      INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    replaces     INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX register_code_expires ON register_code (expires_at);
CREATE INDEX register_code_organization ON register_code (organization);
CREATE INDEX register_code_account ON register_code (account);

-- A program asks whether a person has entered its user_code. state: 0 waiting, 1 approved, 2
-- refused; organization and account are those of the approval. tries: how often it was entered.
CREATE TABLE register_device (
    hash             BLOB PRIMARY KEY,
    user_code        TEXT NOT NULL UNIQUE,
    product          TEXT NOT NULL,
    cluster          TEXT NOT NULL,
    asked_at         INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    interval_seconds INTEGER NOT NULL,
    polled_at        INTEGER,
    tries            INTEGER NOT NULL DEFAULT 0,
    state            INTEGER NOT NULL DEFAULT 0,
    organization     INTEGER REFERENCES organization (id) ON DELETE CASCADE,
    account          INTEGER REFERENCES account (id) ON DELETE CASCADE,
    replaces         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX register_device_expires ON register_device (expires_at);
CREATE INDEX register_device_organization ON register_device (organization);
CREATE INDEX register_device_account ON register_device (account);
