-- Schema 3: idempotency keys in a log and in sorted runs, instead of a table that each commit
-- touches in as many places as it has keys.

-- The newest keys, a row for each commit: entries of 20 bytes (10 of the digest of key and scope, 6 of the
-- digest of the report, the time in seconds), in the order of acceptance.
CREATE TABLE key_log (
    id   INTEGER PRIMARY KEY,
    keys BLOB NOT NULL
) STRICT;

-- Runs: older keys, sorted. live 0: not yet whole, or no longer needed. Times are seconds.
CREATE TABLE key_run (
    run    INTEGER PRIMARY KEY,
    live   INTEGER NOT NULL,
    keys   INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL
) STRICT;

-- The entries of the runs. The id is the run's number and the first 40 bits of the first digest.
CREATE TABLE key_page (
    id   INTEGER PRIMARY KEY,
    keys BLOB NOT NULL
) STRICT;

INSERT INTO key_log (keys)
SELECT CAST(substr(digest, 1, 10) || substr(body, 1, 6) || unhex(printf('%08X', at / 1000)) AS BLOB)
FROM idempotency ORDER BY at;
DROP TABLE idempotency;
