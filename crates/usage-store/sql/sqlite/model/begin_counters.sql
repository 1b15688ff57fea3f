-- A server's counters begin anew with ?2 reports. Served by the primary key.
UPDATE server SET reports = ?2, starts = 0, prev_host = NULL, host_returns = 0, backwards = 0 WHERE id = ?1;
