-- Whether any server has a number on a day, of those that are packed. Served by the primary key.
SELECT 1 FROM column WHERE product = ?1 AND day = ?2 AND key = ?3 LIMIT 1;
