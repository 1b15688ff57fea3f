-- The place of the journal's first block. Served by the primary key.
SELECT min(seq) FROM journal;
