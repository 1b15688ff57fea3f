-- The valid tokens of organization ?1 that are bound to product ?2 and cluster ?3, newest first.
-- Served by the index on organization: it has some, or thousands.
SELECT id, prefix, created_at FROM token
WHERE organization = ?1 AND product = ?2 AND cluster = ?3 AND revoked_at IS NULL
ORDER BY id DESC;
