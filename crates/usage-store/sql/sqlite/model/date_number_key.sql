-- A number was reported for an earlier day, or is of another kind. Served by the primary key.
UPDATE number_key SET first_day = ?2, kinds = ?3 WHERE id = ?1;
