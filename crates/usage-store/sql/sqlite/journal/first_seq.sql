-- The first place that the journal has. Served by the primary key.
SELECT min(seq) FROM journal;
