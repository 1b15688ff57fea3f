-- Empties the product stats of the days from ?1 on, for a rebuild. A scan.
DELETE FROM stat_day WHERE day >= ?1;
