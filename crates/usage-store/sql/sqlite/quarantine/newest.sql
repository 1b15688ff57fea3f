-- What was refused, newest first, from below id ?1, at most ?2. Served by the primary key.
SELECT id, at, kind, product, errors, body, body_bytes, cluster FROM quarantine
WHERE id < ?1 ORDER BY id DESC LIMIT ?2;
