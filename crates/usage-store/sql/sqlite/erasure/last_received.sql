-- When a day's last report of a kind was received. Served by the primary key.
SELECT last_received_at FROM day_reports WHERE product = ?1 AND day = ?2 AND kind = ?3;
