-- Removes the one-time codes that are over at ?1, and of the others all but the newest ?2.
-- Served by the index on expires_at.
DELETE FROM register_code
WHERE expires_at <= ?1
   OR hash IN (SELECT hash FROM register_code ORDER BY expires_at DESC LIMIT -1 OFFSET ?2);
