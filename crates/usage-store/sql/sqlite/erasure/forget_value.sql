-- A dimension's value that no server has on any day. Served by the primary key.
DELETE FROM dimension_value WHERE id = ?2 AND dimension = ?1;
