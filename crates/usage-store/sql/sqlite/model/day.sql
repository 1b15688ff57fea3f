-- A server's latest usage observation of a day. Served by the primary key.
SELECT at, cells FROM day WHERE product = ?1 AND day = ?2 AND server = ?3;
