-- A day's observation of a server goes. Served by the primary key.
DELETE FROM day WHERE product = ?1 AND day = ?2 AND server = ?3;
