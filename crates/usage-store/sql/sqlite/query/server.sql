-- One server. Served by the primary key.
SELECT server.id, product.id, product.name, organization.name, server.cluster_id, server.server_id,
       server.host, server.version, server.first_seen, server.last_seen,
       server.usage, server.organization, server.spans
FROM server
JOIN product ON product.id = server.product
LEFT JOIN organization ON organization.id = server.organization
WHERE server.id = ?1 AND server.last_seen IS NOT NULL;
