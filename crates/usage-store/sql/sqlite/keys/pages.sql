-- Pages in order, from ?1 up to, not with, ?2, at most ?3. Served by the primary key.
SELECT id, keys FROM key_page WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3;
