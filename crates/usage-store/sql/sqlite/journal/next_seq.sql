-- The place that the next report gets. Served by the primary key.
SELECT next FROM journal ORDER BY seq DESC LIMIT 1;
