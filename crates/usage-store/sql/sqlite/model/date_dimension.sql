-- A dimension was reported for an earlier day. Served by the primary key.
UPDATE dimension SET first_day = ?2 WHERE id = ?1;
