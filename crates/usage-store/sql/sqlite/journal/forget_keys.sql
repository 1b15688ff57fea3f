-- Forgets the keys in a slice of the digests, from ?1 up to, not with, ?2, that are older than ?3.
-- Served by the primary key; slices keep the transaction small.
DELETE FROM idempotency WHERE digest >= ?1 AND digest < ?2 AND at < ?3;
