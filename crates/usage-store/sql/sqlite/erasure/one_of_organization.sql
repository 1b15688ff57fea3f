-- An erasure of an organization's reports. Served by the primary key.
SELECT id, requested_at, done_at, reports, product, cluster_id, server_id FROM erasure
WHERE id = ?2 AND organization = ?1 AND install_key IS NULL;
