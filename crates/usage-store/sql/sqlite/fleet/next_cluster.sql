-- The first cluster of an organization after ?3 of product ?2. Served by the index server_organization.
SELECT server.product, product.name, server.cluster_id
FROM server CROSS JOIN product ON product.id = server.product
WHERE server.organization = ?1 AND server.organization > 0
  AND (server.product, server.cluster_id) > (?2, ?3) AND server.last_seen IS NOT NULL
ORDER BY server.product, server.cluster_id LIMIT 1;
