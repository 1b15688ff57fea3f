-- Each server's cluster and organization, from id ?1 on. Served by the index server_census alone.
SELECT id, cluster, organization FROM server INDEXED BY server_census WHERE id >= ?1 ORDER BY id;
