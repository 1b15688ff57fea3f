-- The webhook failed. Served by the primary key.
UPDATE webhook SET failed_at = ?2, last_error = ?3 WHERE id = ?1;
