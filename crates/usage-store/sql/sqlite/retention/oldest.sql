-- The oldest blocks of those that end by place ?1, in order. Served by the primary key, which the
-- blocks' beginnings bound as well.
SELECT seq, next, packed FROM journal WHERE seq < ?1 AND next <= ?1 ORDER BY seq;
