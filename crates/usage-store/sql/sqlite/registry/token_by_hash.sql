-- A token by its hash, revoked or not. Served by the unique index on hash.
SELECT id, prefix, revoked_at, organization FROM token WHERE hash = ?1;
