-- A dimension that no server has on any day. Served by the primary key.
DELETE FROM dimension WHERE id = ?1;
