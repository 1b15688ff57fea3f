-- Puts a name on a product's allowlist. Served by the primary key.
INSERT INTO allowed (product, kind, name) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
