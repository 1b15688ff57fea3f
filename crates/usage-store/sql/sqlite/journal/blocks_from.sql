-- Blocks in order, from the one that holds place ?1, at most ?2. Served by the primary key, twice.
SELECT seq, next, packed FROM journal
WHERE seq >= coalesce((SELECT max(seq) FROM journal WHERE seq <= ?1), 0)
ORDER BY seq LIMIT ?2;
