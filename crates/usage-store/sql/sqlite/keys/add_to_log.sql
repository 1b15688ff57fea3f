-- The keys of one commit.
INSERT INTO key_log (keys) VALUES (?1);
