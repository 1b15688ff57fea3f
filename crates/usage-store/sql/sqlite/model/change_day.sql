-- This step changes a product's day; what is folded is to be decided again. Served by the primary key.
INSERT INTO day_state (product, day, changed) VALUES (?1, ?2, (SELECT step FROM applied))
ON CONFLICT DO UPDATE SET changed = excluded.changed, folded = 0;
