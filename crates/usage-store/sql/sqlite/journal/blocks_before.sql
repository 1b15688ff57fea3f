-- Blocks newest first, from the one below place ?1, at most ?2. Served by the primary key.
SELECT seq, packed FROM journal WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2;
