-- Forgets a dimension's value that no server has on any day. A scan of the product's days.
DELETE FROM dimension_value
WHERE id = ?3 AND dimension = ?2 AND NOT EXISTS (
    SELECT 1 FROM cell WHERE product = ?1 AND dimension = ?2 AND value = ?3
);
