-- The user code ?1 was entered at ?2: whom it is for, if it waits and was entered less than ?3 times.
-- Served by the unique index on user_code.
UPDATE register_device SET tries = tries + 1
WHERE user_code = ?1 AND expires_at > ?2 AND state = 0 AND tries < ?3
RETURNING product, cluster, asked_at;
