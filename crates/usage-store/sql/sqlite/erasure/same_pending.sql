-- An erasure of the same that is not done yet. Served by erasure_pending: few are.
SELECT id, code FROM erasure
WHERE done_at IS NULL AND product = ?1 AND cluster_id = ?2 AND server_id IS ?3
  AND organization IS ?4 AND install_key IS ?5
LIMIT 1;
