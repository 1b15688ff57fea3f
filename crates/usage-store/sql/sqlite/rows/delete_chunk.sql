-- A chunk without rows goes. Served by the primary key.
DELETE FROM day_chunk WHERE product = ?1 AND day = ?2 AND chunk = ?3;
