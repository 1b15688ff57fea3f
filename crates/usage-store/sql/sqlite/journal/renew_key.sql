-- A key older than its window starts a new one. Served by the primary key.
UPDATE idempotency SET body = ?2, at = ?3 WHERE digest = ?1;
