-- The text of a dimension's value. Served by the primary key.
SELECT value FROM dimension_value WHERE id = ?1;
