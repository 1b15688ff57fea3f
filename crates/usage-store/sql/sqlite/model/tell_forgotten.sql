-- Tells who remembers ids of names or values to look them up again. One row.
UPDATE applied SET forgotten = forgotten + 1;
