-- A refused report goes. Served by the primary key.
DELETE FROM quarantine WHERE id = ?1;
