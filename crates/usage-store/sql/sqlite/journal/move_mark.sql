-- The journal is re-packed up to place ?2. Served by the primary key.
UPDATE mark SET value = ?2 WHERE name = ?1;
