-- The oldest erasure that is not done. Served by erasure_pending.
SELECT id, until, product, cluster_id, server_id, organization, install_key
FROM erasure WHERE done_at IS NULL ORDER BY id LIMIT 1;
