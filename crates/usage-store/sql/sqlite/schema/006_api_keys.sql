-- Schema 6: keys by which programs ask in an operator's name. hash: the SHA-256 of the key.
-- scopes: 1 read, 2 export, 4 admin, added up. used_at: to the hour. made_by: an operator's address,
-- or the command line.
CREATE TABLE api_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB NOT NULL UNIQUE,
    prefix     TEXT NOT NULL,
    name       TEXT NOT NULL,
    scopes     INTEGER NOT NULL,
    made_by    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT;
