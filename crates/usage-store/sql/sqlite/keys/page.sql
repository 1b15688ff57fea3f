-- The page of a run that would hold a key: the last that begins at or before ?2, from ?1 on.
-- Served by the primary key.
SELECT keys FROM key_page WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1;
