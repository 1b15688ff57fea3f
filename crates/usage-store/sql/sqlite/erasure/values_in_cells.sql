-- The values of a product's dimensions that have a cell on any day. A scan of the product's days, without the
-- sets.
SELECT DISTINCT dimension, value FROM cell WHERE product = ?1 AND dimension > 0;
