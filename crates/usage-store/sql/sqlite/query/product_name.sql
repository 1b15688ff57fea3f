-- A product's name. Served by the primary key.
SELECT name FROM product WHERE id = ?1;
