-- How many values a dimension has. Served by the unique index on dimension and value.
SELECT count(*) FROM dimension_value WHERE dimension = ?1;
