-- Where the last block of a span ends: places from ?1 up to, not with, ?2. Served by the primary key.
SELECT next FROM journal WHERE seq >= ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1;
