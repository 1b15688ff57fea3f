-- The oldest blocks of those that end by place ?1, in order. Served by the primary key.
SELECT seq, next, packed FROM journal WHERE next <= ?1 ORDER BY seq;
