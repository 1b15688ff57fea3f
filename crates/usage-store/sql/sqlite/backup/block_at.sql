-- The first block from place ?1 on. Served by the primary key.
SELECT seq, next, packed FROM journal WHERE seq >= ?1 ORDER BY seq LIMIT 1;
