-- Signs a browser out. Served by the primary key.
DELETE FROM session WHERE hash = ?1;
