-- A server's id. Served by the unique index on its ids.
SELECT id FROM server WHERE product = ?1 AND cluster_id = ?2 AND server_id = ?3 AND organization = ?4;
