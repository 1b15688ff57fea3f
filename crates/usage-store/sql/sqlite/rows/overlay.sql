-- A day's rows that are not packed, of the servers from ?3 up to ?4. Served by the primary key.
SELECT server, at, cells FROM day
WHERE product = ?1 AND day = ?2 AND server >= ?3 AND server < ?4 ORDER BY server;
