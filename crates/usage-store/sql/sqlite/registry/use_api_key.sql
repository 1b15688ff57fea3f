-- Notes when an API key was last used. Served by the primary key.
UPDATE api_key SET used_at = max(coalesce(used_at, 0), ?2) WHERE id = ?1;
