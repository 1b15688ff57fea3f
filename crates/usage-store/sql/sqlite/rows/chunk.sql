-- A chunk of a day's rows, packed. Served by the primary key.
SELECT packed FROM day_chunk WHERE product = ?1 AND day = ?2 AND chunk = ?3;
