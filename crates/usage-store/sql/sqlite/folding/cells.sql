-- A day's cells of a dimension. Served by the primary key.
SELECT value, servers FROM cell WHERE product = ?1 AND day = ?2 AND dimension = ?3;
