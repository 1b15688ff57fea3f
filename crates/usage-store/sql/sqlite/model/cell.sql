-- A cell's servers. Served by the primary key.
SELECT servers FROM cell WHERE product = ?1 AND day = ?2 AND dimension = ?3 AND value = ?4;
