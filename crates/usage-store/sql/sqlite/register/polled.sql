-- The program with the device code of hash ?1 asked at ?2; ?3: seconds between two questions from now
-- on. Served by the primary key.
UPDATE register_device SET polled_at = ?2, interval_seconds = ?3 WHERE hash = ?1;
