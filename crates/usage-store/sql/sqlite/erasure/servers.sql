-- The servers an erasure is about, with their spans. Served by the unique index on the ids.
SELECT id, organization, server_id, spans FROM server
WHERE product = ?1 AND cluster_id = ?2 AND (?3 IS NULL OR server_id = ?3)
  AND (?4 IS NULL OR organization = ?4);
