-- Forgets how many reports count on the days from ?1 on, for a rebuild. A scan.
DELETE FROM day_reports WHERE day >= ?1;
