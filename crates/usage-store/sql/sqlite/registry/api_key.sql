-- What the API key with hash ?1 allows at ?2. Served by the unique index on hash.
SELECT id, name, scopes, made_by FROM api_key
WHERE hash = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2);
