-- The dimensions of a product that were met since the model was emptied. Served by the unique index on product
-- and name.
SELECT name FROM dimension WHERE product = ?1 AND seen = 1 ORDER BY name;
