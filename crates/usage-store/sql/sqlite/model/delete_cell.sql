-- A cell without servers goes. Served by the primary key.
DELETE FROM cell WHERE product = ?1 AND day = ?2 AND dimension = ?3 AND value = ?4;
