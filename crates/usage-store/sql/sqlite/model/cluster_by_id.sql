-- A cluster's id. Served by the unique index on its ids.
SELECT id FROM cluster WHERE product = ?1 AND cluster_id = ?2 AND organization = ?3;
