-- The id of a name. Served by the unique index.
SELECT id FROM webhook WHERE name = ?1;
