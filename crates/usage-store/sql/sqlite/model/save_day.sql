-- Writes a server's latest usage observation of a day. Served by the primary key.
INSERT INTO day (product, day, server, at, cells) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO UPDATE SET at = excluded.at, cells = excluded.cells;
