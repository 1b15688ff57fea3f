-- Somebody answers to the user code ?1 at ?2, if it waits: yes (?3 is 1) or no (2).
-- Served by the unique index on user_code.
UPDATE register_device SET state = ?3, organization = ?4, account = ?5, replaces = ?6
WHERE user_code = ?1 AND expires_at > ?2 AND state = 0
RETURNING product;
