-- The chunks of ?1 servers of days before ?2 that have rows that are not packed. Walks the few days, and of each
-- the rows that wait; served by the primary keys.
SELECT DISTINCT day.product, day.day, day.server / ?1
FROM day_state CROSS JOIN day ON day.product = day_state.product AND day.day = day_state.day
WHERE day_state.day < ?2
ORDER BY 1, 2, 3;
