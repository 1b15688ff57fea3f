-- A message that was given up waits again. Served by the primary key.
UPDATE webhook_message SET given_up_at = NULL, attempts = 0, due_at = ?2, created_at = ?2
WHERE id = ?1 AND given_up_at IS NOT NULL;
