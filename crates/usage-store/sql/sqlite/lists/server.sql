-- What lists sort and search by, of one server. Served by the primary key.
SELECT id, product, first_seen, last_seen, host, version FROM server
WHERE id = ?1 AND last_seen IS NOT NULL;
