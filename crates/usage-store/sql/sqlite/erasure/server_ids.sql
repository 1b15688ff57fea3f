-- What a server calls itself. Served by the primary key.
SELECT cluster_id, server_id FROM server WHERE id = ?1;
