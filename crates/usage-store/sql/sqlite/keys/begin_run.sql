-- A run that is not whole yet.
INSERT INTO key_run (run, live, keys, oldest, newest) VALUES (?1, 0, 0, 0, 0);
