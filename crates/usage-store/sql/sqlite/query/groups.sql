-- The cells of a dimension on a day. Served by the primary key of cell.
SELECT cell.value, cell.servers
FROM dimension
JOIN cell ON cell.product = dimension.product AND cell.day = ?3 AND cell.dimension = dimension.id
WHERE dimension.product = ?1 AND dimension.name = ?2;
