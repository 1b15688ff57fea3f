-- Publishes a week, unless that happened before. Served by the primary key.
INSERT INTO public_week (product, from_day, servers) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
