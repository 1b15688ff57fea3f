-- Takes a name off a product's allowlist. Served by the primary key.
DELETE FROM allowed WHERE product = ?1 AND kind = ?2 AND name = ?3;
