-- Signs a browser in.
INSERT INTO session (hash, account, created_at, expires_at, seen_at, browser) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
