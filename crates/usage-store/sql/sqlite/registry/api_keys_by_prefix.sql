-- API keys that begin with ?1 and are not revoked. Served by a scan: there are few, and a person waits.
SELECT id, prefix, name, revoked_at FROM api_key
WHERE revoked_at IS NULL AND substr(prefix, 1, length(?1)) = ?1;
