-- A number that is known of the journal as a whole. Served by the primary key.
SELECT value FROM mark WHERE name = ?1;
