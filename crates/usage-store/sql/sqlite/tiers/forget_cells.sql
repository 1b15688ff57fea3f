-- A day's cells go. Served by the primary key.
DELETE FROM cell WHERE product = ?1 AND day = ?2;
