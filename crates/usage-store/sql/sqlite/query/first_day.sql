-- The first day from ?2 on of which a product has cells. Served by the primary key of cell.
SELECT min(day) FROM cell WHERE product = ?1 AND day >= ?2;
