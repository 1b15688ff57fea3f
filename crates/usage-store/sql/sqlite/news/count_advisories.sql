-- How many advisories a product has. Served by the primary key.
SELECT count(*) FROM advisory WHERE product = ?1;
