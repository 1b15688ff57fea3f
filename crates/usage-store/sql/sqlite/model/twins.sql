-- The servers of all organizations and of none with the ids of server ?1, itself included.
-- Served by the unique index on the ids.
SELECT twin.id, twin.organization
FROM server AS this JOIN server AS twin USING (product, cluster_id, server_id)
WHERE this.id = ?1;
