-- The same, after the last one was erased. Served by the primary key.
UPDATE day_reports SET last_received_at = ?4 WHERE product = ?1 AND day = ?2 AND kind = ?3;
