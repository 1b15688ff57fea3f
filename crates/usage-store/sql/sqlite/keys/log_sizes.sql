-- How large the oldest rows of the log are, up to row ?1, at most ?2. Served by the primary key.
SELECT id, length(keys) FROM key_log WHERE id <= ?1 ORDER BY id LIMIT ?2;
