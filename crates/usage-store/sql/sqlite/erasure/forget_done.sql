-- Erasures that were done long ago go. A scan: each address may ask ten times an hour.
DELETE FROM erasure WHERE done_at < ?1;
