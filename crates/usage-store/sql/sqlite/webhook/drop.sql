-- Counts a message that there was no room for. Served by the primary key.
UPDATE webhook SET dropped = dropped + 1 WHERE id = ?1;
