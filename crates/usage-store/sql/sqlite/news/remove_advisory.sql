-- Removes an advisory. Served by the primary key.
DELETE FROM advisory WHERE product = ?1 AND id = ?2;
