-- Signs a browser in.
INSERT INTO session (hash, account, created_at, expires_at) VALUES (?1, ?2, ?3, ?4);
