-- An API key by its hash, revoked or not. Served by the unique index on hash.
SELECT id, prefix, name, revoked_at FROM api_key WHERE hash = ?1;
