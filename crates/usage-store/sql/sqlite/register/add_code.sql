-- Adds a one-time code.
INSERT INTO register_code (hash, product, cluster, challenge, organization, account, replaces, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
