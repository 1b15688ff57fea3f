-- The same, after that one was erased. Served by the primary key.
UPDATE day_reports SET last_seq = ?4, last_received_at = ?5
WHERE product = ?1 AND day = ?2 AND kind = ?3;
