-- The id of a dimension's value. Served by the unique index on dimension and value.
SELECT id FROM dimension_value WHERE dimension = ?1 AND value = ?2;
