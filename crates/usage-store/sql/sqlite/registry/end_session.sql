-- Signs a browser out. Served by the unique index on hash.
DELETE FROM session WHERE hash = ?1;
