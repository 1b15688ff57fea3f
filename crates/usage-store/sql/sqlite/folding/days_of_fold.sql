-- The days on which any dimension of a product is folded. Served by the primary key.
SELECT DISTINCT day FROM fold WHERE product = ?1;
