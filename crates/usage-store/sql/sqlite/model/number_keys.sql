-- All names of a product's numbers. Served by the unique index on product and name.
SELECT name, id, first_day, kinds, seen FROM number_key WHERE product = ?1;
