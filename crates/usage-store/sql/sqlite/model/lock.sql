-- Counts a step. With a write first, a transaction is the model's only one from its beginning, and takes no
-- lock on usage.db beside it. One row.
UPDATE applied SET step = step + 1;
