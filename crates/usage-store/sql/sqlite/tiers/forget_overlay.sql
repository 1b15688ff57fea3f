-- A day's numbers go. Served by the primary key.
DELETE FROM day_numbers WHERE product = ?1 AND day = ?2;
