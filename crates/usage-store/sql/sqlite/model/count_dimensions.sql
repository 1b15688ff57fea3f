-- How many dimensions a product has. Served by the unique index on product and name.
SELECT count(*) FROM dimension WHERE product = ?1;
