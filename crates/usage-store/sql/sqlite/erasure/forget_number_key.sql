-- The name of a number that no server has on any day. Served by the primary key.
DELETE FROM number_key WHERE id = ?1;
