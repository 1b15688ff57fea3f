-- What a server's latest usage report said. Served by the primary key.
SELECT usage FROM server WHERE id = ?1;
