-- Valid tokens whose prefix begins with ?1, or that ?1 begins with the long prefix of.
-- Served by a scan of the index on prefix: a person waits, and there are few.
SELECT id, prefix, organization FROM token
WHERE revoked_at IS NULL
  AND (substr(prefix, 1, length(?1)) = ?1 OR (length(prefix) >= 12 AND substr(?1, 1, length(prefix)) = prefix));
