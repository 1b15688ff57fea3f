-- Each server's cluster and organization, from id ?1 on. Served by the primary key.
SELECT id, cluster, organization FROM server WHERE id >= ?1 ORDER BY id;
