-- Clusters after id ?1, the first ?2, with their product and when it was adopted, their organization, how
-- many servers they have and when the first was seen. Served by the primary key, and of each cluster by the
-- unique index of server.
SELECT cluster.id, product.name, product.adopted_at, cluster.cluster_id, organization.name,
       (SELECT count(*) FROM server WHERE server.product = cluster.product
        AND server.cluster_id = cluster.cluster_id AND server.organization = cluster.organization),
       (SELECT min(first_seen) FROM server WHERE server.product = cluster.product
        AND server.cluster_id = cluster.cluster_id AND server.organization = cluster.organization)
FROM cluster JOIN product ON product.id = cluster.product
LEFT JOIN organization ON organization.id = cluster.organization
WHERE cluster.id > ?1 ORDER BY cluster.id LIMIT ?2;
