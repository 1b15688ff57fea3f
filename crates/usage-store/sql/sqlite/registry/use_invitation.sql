-- Uses an invitation up. Served by the primary key.
UPDATE invitation SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL;
