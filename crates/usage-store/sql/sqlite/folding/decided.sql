-- It is decided what of a day is folded. Served by the primary key.
UPDATE day_state SET folded = 1 WHERE product = ?1 AND day = ?2;
