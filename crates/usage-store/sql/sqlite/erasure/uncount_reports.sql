-- Takes erased reports out of a day's count. Served by the primary key.
UPDATE day_reports SET reports = reports - ?4 WHERE product = ?1 AND day = ?2 AND kind = ?3;
