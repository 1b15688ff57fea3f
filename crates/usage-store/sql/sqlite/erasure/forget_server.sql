-- A server that no report names any more. Served by the primary key.
DELETE FROM server WHERE id = ?1;
