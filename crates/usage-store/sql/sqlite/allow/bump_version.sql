-- Tells every process that allowlists changed. Served by the primary key.
UPDATE allowlist_version SET version = version + 1 WHERE id = 1;
