-- Clears away sign-ups that are over at ?1, and all but the newest ?2. Served by the index sign_up_expires_at.
DELETE FROM sign_up WHERE expires_at <= ?1
   OR hash IN (SELECT hash FROM sign_up ORDER BY expires_at DESC LIMIT -1 OFFSET ?2);
