-- The id of a number's name, since when it is known, and which kinds were seen. Served by the unique index
-- on product and name.
SELECT id, first_day, kinds FROM number_key WHERE product = ?1 AND name = ?2;
