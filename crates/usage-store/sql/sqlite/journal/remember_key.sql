-- Remembers an idempotency key; changes nothing where it is known. Served by the primary key.
INSERT INTO idempotency (digest, body, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING;
