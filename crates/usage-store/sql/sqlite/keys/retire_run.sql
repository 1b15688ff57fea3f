-- A run is no longer asked. Served by the primary key.
UPDATE key_run SET live = 0 WHERE run = ?1;
