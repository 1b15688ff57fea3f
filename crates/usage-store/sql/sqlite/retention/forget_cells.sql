-- Empties the cells of the days from ?1 on, for a rebuild; but for the new servers, which follow from what is
-- known of servers, and stay as that does. A scan.
DELETE FROM cell WHERE day >= ?1 AND NOT (dimension = 0 AND value = 2);
