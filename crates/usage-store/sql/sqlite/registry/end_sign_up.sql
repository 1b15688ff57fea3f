-- Ends a sign-up. Served by the primary key.
DELETE FROM sign_up WHERE hash = ?1;
