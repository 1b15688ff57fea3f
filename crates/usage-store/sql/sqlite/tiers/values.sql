-- The values that have a cell on a day. Served by the primary key.
SELECT dimension, value FROM cell WHERE product = ?1 AND day = ?2 AND dimension > 0;
