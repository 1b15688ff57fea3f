-- When a server's latest product stats of a day were made. Served by the primary key.
SELECT at FROM stat_day WHERE server = ?1 AND day = ?2;
