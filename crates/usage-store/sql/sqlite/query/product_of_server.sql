-- The product that a server runs. Served by the primary key.
SELECT product FROM server WHERE id = ?1 AND last_seen IS NOT NULL;
