-- The newest server's id. Served by the primary key.
SELECT max(id) FROM server;
