-- Puts a product's allowlist in force or out of it. Served by the primary key.
INSERT INTO allowlist (product, mode) VALUES (?1, ?2) ON CONFLICT (product) DO UPDATE SET mode = excluded.mode;
