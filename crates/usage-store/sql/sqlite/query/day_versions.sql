-- The steps that last changed a product's days from ?2 up to and with ?3, and the sets that are of no day, ?4.
-- Served by the primary key.
SELECT day, changed FROM day_state
WHERE product = ?1 AND (day BETWEEN ?2 AND ?3 OR day = ?4)
ORDER BY day;
