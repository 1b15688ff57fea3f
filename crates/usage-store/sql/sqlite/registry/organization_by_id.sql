-- An organization. Served by the primary key.
SELECT id, name, self_registered FROM organization WHERE id = ?1;
