-- A day without reports goes. Served by the primary key.
DELETE FROM day_reports WHERE product = ?1 AND day = ?2 AND kind = ?3 AND reports <= 0;
