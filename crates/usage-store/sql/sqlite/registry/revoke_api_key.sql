-- Revokes an API key. Served by the primary key.
UPDATE api_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL;
