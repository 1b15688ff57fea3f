-- Empties the cells of the days from ?1 on, for a rebuild. A scan.
DELETE FROM cell WHERE day >= ?1;
