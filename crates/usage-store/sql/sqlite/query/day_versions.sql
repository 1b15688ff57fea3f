-- The versions of a product's days from ?2 up to and with ?3, and of the sets that are of no day, ?4.
-- Served by the primary key.
SELECT day, version FROM day_version
WHERE product = ?1 AND (day BETWEEN ?2 AND ?3 OR day = ?4);
