-- A dimension of a day is folded. Served by the primary key.
INSERT INTO fold (product, day, dimension) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
