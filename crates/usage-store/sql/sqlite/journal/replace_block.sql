-- A block with some of its reports gone or changed. Served by the primary key.
UPDATE journal SET packed = ?2 WHERE seq = ?1;
