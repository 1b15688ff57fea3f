-- The days of a product that may have sets, the newest first, and whether numbers of it wait to be packed.
-- Served by the primary keys.
SELECT day, EXISTS (SELECT 1 FROM day_numbers WHERE day_numbers.product = ?1 AND day_numbers.day = day_state.day)
FROM day_state WHERE product = ?1 ORDER BY day DESC;
