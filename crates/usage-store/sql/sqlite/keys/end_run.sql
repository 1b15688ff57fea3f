-- A run is whole: from now on it is asked. Served by the primary key.
UPDATE key_run SET live = 1, keys = ?2, oldest = ?3, newest = ?4 WHERE run = ?1;
