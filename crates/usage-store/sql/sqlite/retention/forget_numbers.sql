-- Empties the numbers of the days from ?1 on, for a rebuild. A scan.
DELETE FROM day_numbers WHERE day >= ?1;
