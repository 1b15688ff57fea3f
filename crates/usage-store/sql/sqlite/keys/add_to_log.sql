-- The keys of one commit. The id is given: SQLite would give one again after the log was emptied,
-- and a cut of older rows under way would take the new one.
INSERT INTO key_log (id, keys) VALUES (?1, ?2);
