-- How many erasures are not done. Served by erasure_pending.
SELECT count(*) FROM erasure WHERE done_at IS NULL;
