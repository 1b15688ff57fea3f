-- The dimensions of a day with more than ?3 values. Served by the primary key.
SELECT dimension FROM cell WHERE product = ?1 AND day = ?2 AND dimension > 0 AND value > 0
GROUP BY dimension HAVING count(*) > ?3;
