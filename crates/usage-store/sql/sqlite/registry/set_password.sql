-- Sets a password's hash. Served by the primary key.
UPDATE account SET password_hash = ?2 WHERE id = ?1;
