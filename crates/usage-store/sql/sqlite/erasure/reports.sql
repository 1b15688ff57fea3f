-- How many reports an erasure has taken out. Served by the primary key.
SELECT reports FROM erasure WHERE id = ?1;
