-- The cells of a dimension on a day, with their values' texts. Served by the primary key of
-- cell; a value of 0 stands for all others.
SELECT dimension_value.value, cell.servers
FROM dimension
JOIN cell ON cell.product = dimension.product AND cell.day = ?3 AND cell.dimension = dimension.id
LEFT JOIN dimension_value ON dimension_value.id = cell.value
WHERE dimension.product = ?1 AND dimension.name = ?2;
