-- Empties the days from ?1 on, for a rebuild. A scan.
DELETE FROM day WHERE day >= ?1;
