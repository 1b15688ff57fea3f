-- An organization's servers by product, cluster and id, after those of ?2, ?3, ?4, at most ?5. Served by the
-- index server_organization.
SELECT server.id, product.id, product.name, NULL, server.cluster_id, server.server_id,
       server.host, server.version, server.first_seen, server.last_seen
FROM server CROSS JOIN product ON product.id = server.product
WHERE server.organization = ?1 AND server.organization > 0
  AND (server.product, server.cluster_id, server.id) > (?2, ?3, ?4) AND server.last_seen IS NOT NULL
ORDER BY server.product, server.cluster_id, server.id LIMIT ?5;
