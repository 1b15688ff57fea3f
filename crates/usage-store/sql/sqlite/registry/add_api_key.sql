-- Adds an API key.
INSERT INTO api_key (hash, prefix, name, scopes, made_by, created_at, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
