-- Whether any server has a dimension on a day. Served by the primary key.
SELECT 1 FROM cell WHERE product = ?1 AND day = ?2 AND dimension = ?3 LIMIT 1;
