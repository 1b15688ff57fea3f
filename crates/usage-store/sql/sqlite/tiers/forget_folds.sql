-- A day's folds go: nobody can tell any more what is in them. Served by the primary key.
DELETE FROM fold WHERE product = ?1 AND day = ?2;
