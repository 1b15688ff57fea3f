-- The servers that changed after a step. Served by the primary key.
SELECT servers FROM server_change WHERE step > ?1;
