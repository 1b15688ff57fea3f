-- A day's observations go. Served by the primary key.
DELETE FROM day WHERE product = ?1 AND day = ?2;
