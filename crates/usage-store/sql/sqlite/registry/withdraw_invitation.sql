-- Takes an invitation of organization ?2 back, or with NULL one of operators. Served by the primary key.
DELETE FROM invitation WHERE id = ?1 AND organization IS ?2 AND used_at IS NULL;
