-- All dimensions of a product; they have no kinds. Served by the unique index on product and name.
SELECT name, id, first_day, 0, seen FROM dimension WHERE product = ?1;
