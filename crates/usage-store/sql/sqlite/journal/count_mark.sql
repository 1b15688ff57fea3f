-- Counts one more. Served by the primary key.
UPDATE mark SET seq = seq + 1 WHERE follower = ?1;
