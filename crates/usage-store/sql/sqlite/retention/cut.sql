-- Takes the oldest blocks out, up to place ?1. Served by the primary key.
DELETE FROM journal WHERE seq < ?1;
