-- When a server last reported. Served by the primary key.
SELECT last_seen FROM server WHERE id = ?1;
