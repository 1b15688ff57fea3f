-- What the device code with hash ?1 has come to at ?2. Served by the primary key.
SELECT state, interval_seconds, polled_at, product, cluster, organization, account, replaces
FROM register_device WHERE hash = ?1 AND expires_at > ?2;
