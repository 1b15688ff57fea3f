-- The servers of all clusters with an id. Served by the unique index on product and ids.
SELECT id FROM server WHERE product = ?1 AND cluster_id = ?2;
