-- A chunk without numbers goes. Served by the primary key.
DELETE FROM column WHERE product = ?1 AND day = ?2 AND key = ?3 AND chunk = ?4;
