-- A server as a list shows it. Served by the primary keys.
SELECT server.id, product.id, product.name, organization.name, server.cluster_id, server.server_id,
       server.host, server.version, server.first_seen, server.last_seen,
       server.organization, server.reports, server.starts, server.prev_host, server.host_returns, server.backwards
FROM server
CROSS JOIN product ON product.id = server.product
LEFT JOIN organization ON organization.id = server.organization
WHERE server.id = ?1 AND server.last_seen IS NOT NULL;
