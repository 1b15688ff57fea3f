-- Ends one session of an account. Served by the primary key.
DELETE FROM session WHERE id = ?2 AND account = ?1;
