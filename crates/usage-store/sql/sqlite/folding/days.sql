-- Which cells the servers of a day are in. Served by the primary key.
SELECT server, cells FROM day WHERE product = ?1 AND day = ?2;
