-- Writes a chunk of a key's numbers on a day. Served by the primary key.
INSERT INTO column (product, day, key, chunk, packed) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO UPDATE SET packed = excluded.packed;
