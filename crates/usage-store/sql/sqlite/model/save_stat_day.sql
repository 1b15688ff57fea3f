-- Writes a server's latest product stats of a day. Served by the primary key.
INSERT INTO stat_day (server, day, at, stats) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET at = excluded.at, stats = excluded.stats;
