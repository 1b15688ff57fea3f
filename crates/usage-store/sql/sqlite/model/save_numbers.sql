-- Writes the numbers of a server's latest usage observation of a day. Served by the primary key.
INSERT INTO day_numbers (product, day, server, numbers) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET numbers = excluded.numbers;
