-- Clusters up to id ?1 whose product was adopted after ?2, the newest ?3, as new_clusters has them. Products are few;
-- served by the unique index of cluster, whose clusters of such a product are sorted, once after its adoption.
SELECT cluster.id, product.name, product.adopted_at, cluster.cluster_id, organization.name,
       (SELECT count(*) FROM server WHERE server.product = cluster.product
        AND server.cluster_id = cluster.cluster_id AND server.organization = cluster.organization),
       (SELECT min(first_seen) FROM server WHERE server.product = cluster.product
        AND server.cluster_id = cluster.cluster_id AND server.organization = cluster.organization)
FROM cluster JOIN product ON product.id = cluster.product
LEFT JOIN organization ON organization.id = cluster.organization
WHERE product.id IN (SELECT id FROM product WHERE adopted_at > ?2) AND cluster.id <= ?1
ORDER BY cluster.id DESC LIMIT ?3;
