-- Tells every process that allowlists, or what replies tell, changed. Served by the primary key.
UPDATE allowlist_version SET version = version + 1 WHERE id = 1;
