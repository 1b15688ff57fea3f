-- A pending erasure is asked for again: it takes in what was accepted since. Served by the
-- primary key.
UPDATE erasure SET until = max(until, ?2) WHERE id = ?1;
