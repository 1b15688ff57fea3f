-- The dimensions seen of a product. Served by the unique index on product and name.
SELECT name FROM dimension WHERE product = ?1 ORDER BY name;
