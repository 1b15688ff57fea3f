-- Takes the blocks of one span out, to put one block in their place. Served by the primary key.
DELETE FROM journal WHERE seq >= ?1 AND seq < ?2;
