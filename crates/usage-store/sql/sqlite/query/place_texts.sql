-- What a cell is called: its dimension's name and its value. Served by the primary keys; a value of 0 stands
-- for all others.
SELECT dimension.name, dimension_value.value
FROM dimension LEFT JOIN dimension_value ON dimension_value.id = ?2
WHERE dimension.id = ?1;
