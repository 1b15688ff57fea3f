-- Nothing is kept of a day but how many reports came. Served by the primary key.
DELETE FROM day_state WHERE product = ?1 AND day = ?2;
