-- A server's product stats of a day go. Served by the primary key.
DELETE FROM stat_day WHERE server = ?1 AND day = ?2;
