-- A day has no servers' rows any more. Served by the primary key.
UPDATE day_state SET has_rows = 0 WHERE product = ?1 AND day = ?2;
