-- A number was reported for an earlier day, is of another kind, or was reported for the first time since the
-- model was emptied. Served by the primary key.
UPDATE number_key SET first_day = ?2, kinds = ?3, seen = 1 WHERE id = ?1;
