-- A day before ?1 of which there may still be servers' rows. Walks the few rows before it.
SELECT product, day FROM day_state WHERE has_rows = 1 AND day < ?1 AND day > -2147483648 LIMIT 1;
