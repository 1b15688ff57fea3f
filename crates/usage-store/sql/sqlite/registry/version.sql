-- The registry's version. Served by the primary key.
SELECT version FROM registry_version WHERE id = 1;
