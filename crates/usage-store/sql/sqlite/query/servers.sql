-- A product's servers, newest first, from below id ?2, at most ?3. Served by server_product.
SELECT server.id, product.id, product.name, organization.name, server.cluster_id, server.server_id,
       server.host, server.version, server.first_seen, server.last_seen
FROM server
JOIN product ON product.id = server.product
LEFT JOIN organization ON organization.id = server.organization
WHERE server.product = ?1 AND server.id < ?2 AND server.last_seen IS NOT NULL
ORDER BY server.id DESC LIMIT ?3;
