-- Numbers that are not packed yet, of the servers of a day from ?3 up to ?4. Served by the primary key.
SELECT server, numbers FROM day_numbers
WHERE product = ?1 AND day = ?2 AND server >= ?3 AND server < ?4 ORDER BY server;
