-- Notes when a session was last seen. Served by the primary key.
UPDATE session SET seen_at = ?2 WHERE id = ?1;
