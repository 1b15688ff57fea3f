-- A dimension of a day has few values again. Served by the primary key.
DELETE FROM fold WHERE product = ?1 AND day = ?2 AND dimension = ?3;
