-- The names of a product's numbers that were met since the model was emptied. Served by the unique index on
-- product and name.
SELECT id, name, kinds, first_day FROM number_key WHERE product = ?1 AND seen = 1 ORDER BY name;
