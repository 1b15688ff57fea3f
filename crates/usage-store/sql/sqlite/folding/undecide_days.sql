-- Of the days from ?1 on it is not decided what is folded, for a rebuild. A scan of few rows.
UPDATE day_state SET folded = 0 WHERE day >= ?1;
