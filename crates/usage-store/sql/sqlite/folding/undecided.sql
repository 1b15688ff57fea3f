-- A day before ?1 of which it is to be decided what is folded, the newest first; none of those of which the
-- servers' rows are gone. Served by day_state_undecided.
SELECT product, day FROM day_state
WHERE folded = 0 AND day < ?1 AND day >= (SELECT days FROM tiers)
ORDER BY day DESC LIMIT 1;
