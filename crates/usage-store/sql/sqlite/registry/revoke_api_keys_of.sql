-- Revokes the API keys that ?1 made. Served by a scan: there are few.
UPDATE api_key SET revoked_at = ?2 WHERE made_by = ?1 AND revoked_at IS NULL;
