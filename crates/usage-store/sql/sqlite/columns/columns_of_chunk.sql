-- All keys' numbers of a chunk of a day's servers. Served by the primary key: walks the day's rows, and reads
-- those of the chunk.
SELECT key, packed FROM column WHERE product = ?1 AND day = ?2 AND chunk = ?3 ORDER BY key;
