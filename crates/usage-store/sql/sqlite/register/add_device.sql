-- Adds a device code, unless its user_code is taken. Served by the unique index on user_code.
INSERT INTO register_device (hash, user_code, product, cluster, asked_at, expires_at, interval_seconds)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (user_code) DO NOTHING;
