-- A dimension's id, and since when it is known; it has no kinds. Served by the unique index on product and
-- name.
SELECT id, first_day, 0 FROM dimension WHERE product = ?1 AND name = ?2;
