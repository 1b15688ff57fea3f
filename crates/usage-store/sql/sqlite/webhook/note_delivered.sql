-- The webhook worked. Served by the primary key.
UPDATE webhook SET delivered = delivered + 1, delivered_at = ?2 WHERE id = ?1;
