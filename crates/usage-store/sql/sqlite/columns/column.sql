-- A key's numbers on a day, packed. Served by the primary key.
SELECT chunk, packed FROM column WHERE product = ?1 AND day = ?2 AND key = ?3 ORDER BY chunk;
