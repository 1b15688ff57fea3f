-- The newest API keys, at most ?1; those that are not revoked first. Served by a scan: there are few.
SELECT id, prefix, name, scopes, made_by, created_at, expires_at, used_at, revoked_at FROM api_key
ORDER BY revoked_at IS NOT NULL, id DESC LIMIT ?1;
