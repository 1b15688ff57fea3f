-- An attempt failed with ?2: the next is due at ?3, or none any more since ?4. Served by the primary key.
UPDATE webhook_message SET attempts = attempts + 1, last_error = ?2, due_at = ?3, given_up_at = ?4
WHERE id = ?1 RETURNING webhook;
