-- A row that is too old. Served by the primary key.
DELETE FROM server_change WHERE step = ?1 AND part = ?2;
