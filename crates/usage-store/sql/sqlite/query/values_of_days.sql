-- The values that a product's dimension of name ?2 had on the days from ?3 to ?4. Served by the unique index of
-- dimension, and for each of the days by the primary key of cell.
WITH RECURSIVE days (day) AS (SELECT ?3 UNION ALL SELECT day + 1 FROM days WHERE day < ?4)
SELECT DISTINCT cell.value
FROM dimension CROSS JOIN days CROSS JOIN cell
    ON cell.product = ?1 AND cell.day = days.day AND cell.dimension = dimension.id
WHERE dimension.product = ?1 AND dimension.name = ?2;
