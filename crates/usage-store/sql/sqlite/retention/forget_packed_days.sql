-- Empties the packed rows of the days from ?1 on, for a rebuild. A scan.
DELETE FROM day_chunk WHERE day >= ?1;
