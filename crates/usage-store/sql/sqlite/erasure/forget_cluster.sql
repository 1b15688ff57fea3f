-- A cluster that no server is of any more. Served by the unique indexes on the ids.
DELETE FROM cluster
WHERE product = ?1 AND cluster_id = ?2 AND organization = ?3 AND NOT EXISTS (
    SELECT 1 FROM server WHERE product = ?1 AND cluster_id = ?2 AND organization = ?3
);
