-- The cells of all dimensions of a product's day, a dimension after the other. Served by the primary key of cell.
SELECT dimension, value, servers FROM cell
WHERE product = ?1 AND day = ?2 AND dimension > 0 ORDER BY dimension, value;
