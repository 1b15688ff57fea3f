-- Schema 5 of model.db: what lists of servers are made of.

-- Servers of a product by the beginning of their own id. Nothing in it changes once a server is known, so
-- what follows from reports doesn't touch it.
CREATE INDEX server_server_id ON server (product, server_id);

-- Which servers a step changed, so that who has them in memory reads only those again. One step may have
-- several rows. `total` is how many servers all rows up to this one named; only the last rows are kept.
CREATE TABLE server_change (
    step    INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    servers BLOB NOT NULL,
    PRIMARY KEY (step, part)
) STRICT, WITHOUT ROWID;

-- Who knows the servers as of an earlier step has to read all of them.
ALTER TABLE applied ADD COLUMN changes_from INTEGER NOT NULL DEFAULT 0;
UPDATE applied SET changes_from = step;
