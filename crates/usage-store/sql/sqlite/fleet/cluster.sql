-- Servers of an organization's cluster, at most ?4. Served by the index server_organization.
SELECT version, last_seen FROM server
WHERE organization = ?1 AND organization > 0 AND product = ?2 AND cluster_id = ?3
  AND last_seen IS NOT NULL
LIMIT ?4;
