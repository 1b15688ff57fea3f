-- Writes a cell. Served by the primary key.
INSERT INTO cell (product, day, dimension, value, servers) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO UPDATE SET servers = excluded.servers;
