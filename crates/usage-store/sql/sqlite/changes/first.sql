-- The oldest row that is kept. The primary key's first.
SELECT step, part, total FROM server_change ORDER BY step, part LIMIT 1;
