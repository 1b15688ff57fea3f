-- A server's product stats from day ?2 up to and with ?3. Served by the primary key.
SELECT day, at, stats FROM stat_day WHERE server = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day;
