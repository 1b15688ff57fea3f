-- The first day on which dimensions were not told apart. Served by the primary keys, a look a day.
SELECT day_state.day FROM day_state
WHERE day_state.product = ?1 AND EXISTS (
    SELECT 1 FROM cell
    WHERE cell.product = ?1 AND cell.day = day_state.day AND cell.dimension = 0 AND cell.value = 6
)
ORDER BY day_state.day LIMIT 1;
