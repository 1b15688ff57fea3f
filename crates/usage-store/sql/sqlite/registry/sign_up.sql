-- The sign-up of hash ?1 that may go on at ?2. Served by the primary key.
SELECT email, next, invitation FROM sign_up WHERE hash = ?1 AND expires_at > ?2;
