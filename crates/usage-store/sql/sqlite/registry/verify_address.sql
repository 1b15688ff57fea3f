-- Notes since when an address is known to be its account's. Served by the primary key.
UPDATE account SET verified_at = ?2 WHERE id = ?1 AND verified_at IS NULL;
