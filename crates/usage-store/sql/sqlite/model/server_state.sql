-- What is derived about a server, but for its spans. Served by the primary key.
SELECT product, first_seen, last_seen, host, host_at, version, version_at, usage, usage_at,
       reports, starts, prev_host, host_returns, backwards
FROM server WHERE id = ?1;
