-- A dimension was reported for an earlier day, or for the first time since the model was emptied. Served by the
-- primary key.
UPDATE dimension SET first_day = ?2, seen = 1 WHERE id = ?1;
