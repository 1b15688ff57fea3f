-- Schema 4 of model.db: rows of `day` are packed, too, once a day is over, or by a rebuild: those of the servers
-- with ids from chunk * 8192 on, in order of ids. A row of `day` replaces what is packed of its server and day.
CREATE TABLE day_chunk (
    product INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    chunk   INTEGER NOT NULL,
    packed  BLOB NOT NULL,
    PRIMARY KEY (product, day, chunk)
) STRICT, WITHOUT ROWID;
