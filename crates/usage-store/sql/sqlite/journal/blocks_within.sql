-- The blocks of one span, in order: places from ?1 up to, not with, ?2. Served by the primary key.
SELECT seq, packed FROM journal WHERE seq >= ?1 AND seq < ?2 ORDER BY seq;
