-- Organizations after id ?1, the first ?2. Served by the primary key.
SELECT id, name, created_at, self_registered FROM organization WHERE id > ?1 ORDER BY id LIMIT ?2;
