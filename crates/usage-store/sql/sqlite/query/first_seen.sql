-- When a server was first seen. Served by the primary key.
SELECT first_seen FROM server WHERE id = ?1;
