-- What makes a server look like several. Served by the primary key.
SELECT server.cluster_id, server.server_id, organization.name, server.host, server.prev_host,
       server.starts, server.host_returns, server.backwards, server.reports, server.last_seen
FROM server
LEFT JOIN organization ON organization.id = server.organization
WHERE server.id = ?1;
