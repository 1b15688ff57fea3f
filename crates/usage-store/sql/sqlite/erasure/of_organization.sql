-- The newest erasures of an organization's reports, at most ?2. Walks the primary key from its end: few are
-- kept.
SELECT id, requested_at, done_at, reports, product, cluster_id, server_id FROM erasure
WHERE organization = ?1 AND install_key IS NULL ORDER BY id DESC LIMIT ?2;
