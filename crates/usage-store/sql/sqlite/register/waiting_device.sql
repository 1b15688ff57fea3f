-- Whom the user code ?1 is for, if they wait at ?2. Served by the unique index on user_code.
SELECT product, cluster, asked_at FROM register_device
WHERE user_code = ?1 AND expires_at > ?2 AND state = 0;
