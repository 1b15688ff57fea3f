-- Takes rows out of the log that stand in a run, up to row ?1. Served by the primary key.
DELETE FROM key_log WHERE id <= ?1;
