-- What is on a product's allowlist. Served by the primary key.
SELECT kind, name FROM allowed WHERE product = ?1 ORDER BY kind, name;
