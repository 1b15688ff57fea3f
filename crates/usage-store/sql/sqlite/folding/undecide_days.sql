-- The days from ?1 on are made anew: nothing of them is decided, and their rows come back. A scan of few rows.
UPDATE day_state SET folded = 0, has_rows = 1 WHERE day >= ?1;
