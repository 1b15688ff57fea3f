-- Notes when a token was last used; nothing where the token is gone. Served by both primary keys.
INSERT INTO token_use (token, used_at) SELECT id, ?2 FROM token WHERE id = ?1
ON CONFLICT (token) DO UPDATE SET used_at = max(used_at, excluded.used_at);
