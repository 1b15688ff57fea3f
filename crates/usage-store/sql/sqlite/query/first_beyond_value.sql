-- The first day on which numbers were not told apart, of those of which all or some are packed. Served by the
-- primary keys, a look a day.
SELECT day_state.day FROM day_state
WHERE day_state.product = ?1 AND EXISTS (
    SELECT 1 FROM column WHERE column.product = ?1 AND column.day = day_state.day AND column.key = 0
)
ORDER BY day_state.day LIMIT 1;
