-- The newest keys, in the order of acceptance. A scan of the log, at the start.
SELECT id, keys FROM key_log ORDER BY id;
