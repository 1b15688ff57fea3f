-- An API key by its id, revoked or not. Served by the primary key.
SELECT id, prefix, name, revoked_at FROM api_key WHERE id = ?1;
