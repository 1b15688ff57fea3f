-- A day's packed rows go. Served by the primary key.
DELETE FROM day_chunk WHERE product = ?1 AND day = ?2;
