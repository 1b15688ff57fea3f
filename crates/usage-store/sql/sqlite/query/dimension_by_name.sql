-- The id of a dimension. Served by the unique index on product and name.
SELECT id FROM dimension WHERE product = ?1 AND name = ?2;
