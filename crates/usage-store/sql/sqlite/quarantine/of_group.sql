-- A group's refused reports, newest first, from below id ?5, at most ?6. Served by quarantine_sender.
SELECT id, at, kind, product, errors, body, body_bytes, cluster FROM quarantine
WHERE product IS ?1 AND kind = ?2 AND alike = ?3 AND cluster IS ?4 AND id < ?5
ORDER BY id DESC LIMIT ?6;
