-- The names of all products, adopted ones first. A scan of some thousand rows at most.
SELECT name FROM product ORDER BY adopted_at IS NULL, name;
