-- Forgets what a product's allowlist removed. Served by the primary key.
DELETE FROM not_allowed WHERE product = ?1;
