-- How many names are on a product's allowlist. Served by the primary key.
SELECT count(*) FROM allowed WHERE product = ?1;
