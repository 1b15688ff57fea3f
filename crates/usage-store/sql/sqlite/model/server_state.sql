-- What is derived about a server. Served by the primary key.
SELECT first_seen, last_seen, host, host_at, version, version_at, usage, usage_at, spans
FROM server WHERE id = ?1;
