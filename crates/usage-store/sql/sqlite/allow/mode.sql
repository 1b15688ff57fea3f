-- Whether a product's allowlist is in force. Served by the primary key.
SELECT mode FROM allowlist WHERE product = ?1;
