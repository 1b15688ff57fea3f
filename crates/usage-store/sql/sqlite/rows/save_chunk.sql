-- Writes a chunk of a day's rows. Served by the primary key.
INSERT INTO day_chunk (product, day, chunk, packed) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET packed = excluded.packed;
