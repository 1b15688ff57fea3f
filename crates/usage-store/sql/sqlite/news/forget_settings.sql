-- Nothing is said of a product any more. Served by the primary key.
DELETE FROM product_settings WHERE product = ?1;
