-- A product's id. Served by the unique index on name.
SELECT id FROM product WHERE name = ?1;
