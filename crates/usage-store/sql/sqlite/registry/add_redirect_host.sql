-- Lets a product send tokens to a host. Served by the primary key.
INSERT INTO redirect_host (product, host) VALUES (?1, ?2) ON CONFLICT DO NOTHING;
