-- What lists sort and search by, of every server. One scan, once in a process; later `server` tells what
-- changed.
SELECT id, product, first_seen, last_seen, host, version FROM server WHERE last_seen IS NOT NULL;
