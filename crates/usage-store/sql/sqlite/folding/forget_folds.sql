-- Nothing is folded on the days from ?1 on, for a rebuild. A scan of few rows.
DELETE FROM fold WHERE day >= ?1;
