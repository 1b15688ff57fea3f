-- Gives an organization another name. Served by the primary key.
UPDATE organization SET name = ?2, name_key = ?3 WHERE id = ?1;
