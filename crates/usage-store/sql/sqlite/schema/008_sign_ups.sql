-- Sign-ups that wait for the link in a mail to be opened.

CREATE TABLE sign_up (
    -- Of what the link has.
    hash       BLOB PRIMARY KEY,
    email      TEXT NOT NULL,
    -- Where they go afterwards.
    next       TEXT NOT NULL,
    -- The invitation they hold, readable for who has the link.
    invitation BLOB,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_up_expires_at ON sign_up (expires_at);
