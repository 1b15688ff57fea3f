-- Keeps only the newest ?1, and none from before ?2. Served by the primary key; ids grow with time.
DELETE FROM quarantine
WHERE id <= (SELECT id FROM quarantine ORDER BY id DESC LIMIT 1 OFFSET ?1)
   OR id <= (SELECT max(id) FROM (SELECT id, at FROM quarantine ORDER BY id LIMIT 1000) WHERE at < ?2);
