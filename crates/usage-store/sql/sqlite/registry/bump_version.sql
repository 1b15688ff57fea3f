-- Tells every process that tokens changed. Served by the primary key.
UPDATE registry_version SET version = version + 1 WHERE id = 1;
