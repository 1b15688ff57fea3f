-- The servers of all organizations and of none with these ids. Served by the unique index on the ids.
SELECT id, organization FROM server WHERE product = ?1 AND cluster_id = ?2 AND server_id = ?3;
