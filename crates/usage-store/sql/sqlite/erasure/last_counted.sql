-- The last report that counts on a day. Served by the primary key.
SELECT last_seq FROM day_reports WHERE product = ?1 AND day = ?2 AND kind = ?3;
