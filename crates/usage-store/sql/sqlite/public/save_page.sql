-- Keeps how a product's public page is. Served by the primary key.
INSERT INTO public_page (product, shown, threshold, charts) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO UPDATE SET shown = excluded.shown, threshold = excluded.threshold, charts = excluded.charts;
