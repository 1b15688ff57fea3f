-- Schema 3 of model.db: what the operator's questions are asked of. What the new columns and tables say
-- can't be told from the old rows: `rules` is 0, so the first program that opens the file with this schema
-- makes the model anew from the journal. Days that the journal has lost stay as they are, without numbers.

-- A cluster's identity is permanent, as a server's is. organization 0 is none.
CREATE TABLE cluster (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    product      INTEGER NOT NULL,
    cluster_id   TEXT NOT NULL,
    organization INTEGER NOT NULL,
    UNIQUE (product, cluster_id, organization)
) STRICT;
INSERT INTO cluster (product, cluster_id, organization)
SELECT product, cluster_id, organization FROM server
GROUP BY product, cluster_id, organization ORDER BY min(id);

ALTER TABLE server ADD COLUMN cluster INTEGER NOT NULL DEFAULT 0;
UPDATE server SET cluster = (
    SELECT cluster.id FROM cluster
    WHERE cluster.product = server.product AND cluster.cluster_id = server.cluster_id
      AND cluster.organization = server.organization
);

-- How many observations of it were taken in; how many of them were check-ins; the host before `host`;
-- how often it went back to that one; in how many usage observations a value that only grows went down.
ALTER TABLE server ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN prev_host TEXT;
ALTER TABLE server ADD COLUMN host_returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN backwards INTEGER NOT NULL DEFAULT 0;

-- The first day that a name was ever reported for. Like the id it is permanent.
ALTER TABLE dimension ADD COLUMN first_day INTEGER;
UPDATE dimension SET first_day = seen.day
FROM (SELECT dimension, min(day) AS day FROM cell GROUP BY dimension) AS seen
WHERE seen.dimension = dimension.id;

-- Names of values that are numbers. kinds: 1 whole numbers were seen, 2 others, 3 both.
CREATE TABLE number_key (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    product   INTEGER NOT NULL,
    name      TEXT NOT NULL,
    kinds     INTEGER NOT NULL,
    first_day INTEGER NOT NULL,
    UNIQUE (product, name)
) STRICT;

-- The numbers of a server's latest usage observation of a day, until they are packed into columns. A row
-- here replaces all that the columns say of that server and day.
CREATE TABLE day_numbers (
    product INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    server  INTEGER NOT NULL,
    numbers BLOB NOT NULL,
    PRIMARY KEY (product, day, server)
) STRICT, WITHOUT ROWID;

-- The same, packed: one key's numbers of the servers with ids from chunk * 65536 on, in order of ids.
CREATE TABLE column (
    product INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    chunk   INTEGER NOT NULL,
    packed  BLOB NOT NULL,
    PRIMARY KEY (product, day, key, chunk)
) STRICT, WITHOUT ROWID;

-- A server's latest product stats of a day, as JSON without white space; empty where they are too large.
CREATE TABLE stat_day (
    server INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    stats  BLOB NOT NULL,
    PRIMARY KEY (server, day)
) STRICT, WITHOUT ROWID;

-- The last step that changed a product's day, and whether it has been decided since which values of its
-- dimensions stand for themselves. Whether each server's rows are still kept. Day -2147483648 stands for the
-- sets that are of no day.
CREATE TABLE day_state (
    product  INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    folded   INTEGER NOT NULL DEFAULT 0,
    has_rows INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (product, day)
) STRICT, WITHOUT ROWID;
INSERT INTO day_state (product, day, changed) SELECT DISTINCT product, day, 0 FROM cell;

CREATE INDEX day_state_undecided ON day_state (day) WHERE folded = 0;

-- Dimensions that have so many values on a day that the rarer ones stand together, as value 0, when it is over.
-- The rows of `day` still tell them apart.
CREATE TABLE fold (
    product   INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    dimension INTEGER NOT NULL,
    PRIMARY KEY (product, day, dimension)
) STRICT, WITHOUT ROWID;

-- Values that may be nobody's any more: something was erased, or aged out.
CREATE TABLE doubted (
    product   INTEGER NOT NULL,
    dimension INTEGER NOT NULL,
    value     INTEGER NOT NULL,
    PRIMARY KEY (product, dimension, value)
) STRICT, WITHOUT ROWID;

-- How many steps the model has made: each transaction is one. And the rules by which all of it was derived:
-- where they aren't the program's, it is made anew. And how far it had come when it was last emptied: up to
-- there it is incomplete.
ALTER TABLE applied ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE applied ADD COLUMN rules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE applied ADD COLUMN emptied_at INTEGER NOT NULL DEFAULT 0;

-- What servers' counters have of the journal: they don't take it in again.
ALTER TABLE kept ADD COLUMN known_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE kept ADD COLUMN known_element INTEGER NOT NULL DEFAULT 0;

-- The first days that are kept: of each server's day (day, day_numbers, column, stat_day), and of cells.
CREATE TABLE tiers (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    days  INTEGER NOT NULL,
    cells INTEGER NOT NULL
) STRICT;
INSERT INTO tiers VALUES (1, -2147483647, -2147483647);
