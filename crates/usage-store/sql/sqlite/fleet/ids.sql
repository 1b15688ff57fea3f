-- The ids of an organization's servers, by product and cluster. Served by the index server_organization
-- alone.
SELECT product, cluster_id, id FROM server WHERE organization = ?1 AND organization > 0
ORDER BY product, cluster_id;
