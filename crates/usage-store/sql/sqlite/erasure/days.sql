-- A product's days and who was active on them. Served by the primary key, one day after the other.
SELECT day, servers FROM cell WHERE product = ?1 AND dimension = 0 AND value = 0;
