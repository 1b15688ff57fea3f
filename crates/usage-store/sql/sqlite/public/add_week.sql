-- Publishes a week, unless that happened before. Served by the primary key.
INSERT INTO public_week (product, from_day, servers, customers, threshold) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING;
