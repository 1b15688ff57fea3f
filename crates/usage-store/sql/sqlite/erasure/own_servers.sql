-- An organization's servers by product, cluster and id, after those of ?2, ?3, ?4, at most ?5, with their
-- spans. Served by the index server_organization.
SELECT server.product, server.cluster_id, server.id, product.name, server.server_id, server.spans
FROM server CROSS JOIN product ON product.id = server.product
WHERE server.organization = ?1 AND server.organization > 0
  AND (server.product, server.cluster_id, server.id) > (?2, ?3, ?4)
ORDER BY server.product, server.cluster_id, server.id LIMIT ?5;
