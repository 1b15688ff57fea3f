-- How an erasure is getting on. Served by the unique index on code.
SELECT requested_at, done_at, reports FROM erasure WHERE code = ?1;
