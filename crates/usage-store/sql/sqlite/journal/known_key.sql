-- What came under an idempotency key, and when. Served by the primary key.
SELECT body, at FROM idempotency WHERE digest = ?1;
