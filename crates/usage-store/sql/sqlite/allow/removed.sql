-- What a product's allowlist removed. Served by the primary key.
SELECT kind, name, since FROM not_allowed WHERE product = ?1 ORDER BY kind, name;
