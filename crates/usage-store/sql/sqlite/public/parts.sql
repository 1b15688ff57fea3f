-- What was published of the parts of a product's weeks from a day on. Served by the primary key.
SELECT from_day, chart, name, servers, customers FROM public_part WHERE product = ?1 AND from_day >= ?2;
