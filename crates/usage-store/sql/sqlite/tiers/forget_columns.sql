-- A day's packed numbers go. Served by the primary key.
DELETE FROM column WHERE product = ?1 AND day = ?2;
