-- The spans of the journal that have reports of a server. Served by the primary key.
SELECT spans FROM server WHERE id = ?1;
