-- Takes out the first ?3 pages from ?1 up to, not with, ?2. Served by the primary key, twice.
DELETE FROM key_page WHERE id IN (SELECT id FROM key_page WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3);
