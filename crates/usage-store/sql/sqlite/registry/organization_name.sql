-- An organization's name. Served by the primary key.
SELECT name FROM organization WHERE id = ?1;
