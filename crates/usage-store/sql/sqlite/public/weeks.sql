-- What was published of a product's weeks from a day on. Served by the primary key.
SELECT from_day, servers, customers, threshold FROM public_week WHERE product = ?1 AND from_day >= ?2 ORDER BY from_day;
