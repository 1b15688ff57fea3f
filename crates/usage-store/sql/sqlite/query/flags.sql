-- The dimensions of a day that are flags: no other values than true and false. Served by the primary key of cell.
SELECT dimension.name
FROM dimension
JOIN cell ON cell.product = dimension.product AND cell.day = ?2 AND cell.dimension = dimension.id
LEFT JOIN dimension_value ON dimension_value.id = cell.value
WHERE dimension.product = ?1
GROUP BY dimension.id
HAVING min(coalesce(dimension_value.value, '') IN ('true', 'false')) = 1
ORDER BY dimension.name;
