-- The days from ?1 on are made anew as a whole; what is too old of them goes again. One row.
UPDATE tiers SET days = min(days, ?1), cells = min(cells, ?1);
