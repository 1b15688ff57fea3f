-- Forgets what was noted about a thing. Served by the primary key.
DELETE FROM dictionary_note WHERE product = ?1 AND kind = ?2 AND name = ?3;
