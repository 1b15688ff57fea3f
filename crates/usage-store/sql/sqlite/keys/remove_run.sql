-- A run whose pages are gone. Served by the primary key.
DELETE FROM key_run WHERE run = ?1;
