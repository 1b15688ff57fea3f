-- Counts one more. Served by the primary key.
UPDATE mark SET value = value + 1 WHERE name = ?1;
