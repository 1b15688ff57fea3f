-- All runs. A scan of some dozens.
SELECT run, live, keys, oldest, newest FROM key_run ORDER BY run;
