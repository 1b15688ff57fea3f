-- A value may be nobody's any more. Served by the primary key.
INSERT INTO doubted (product, dimension, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
