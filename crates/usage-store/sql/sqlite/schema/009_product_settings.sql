-- Schema 9: what replies tell the programs of a product. A change bumps allowlist_version, which every commit of
-- reports asks for already: so it holds from the next commit on, in every process.

-- latest_version: '' where none is told. report_interval_seconds: NULL as the server is configured.
CREATE TABLE product_settings (
    product                 TEXT PRIMARY KEY,
    latest_version          TEXT NOT NULL,
    report_interval_seconds INTEGER
) STRICT, WITHOUT ROWID;

-- affected: ranges of versions as operators wrote them. link: an https address, or ''.
CREATE TABLE advisory (
    product    TEXT NOT NULL,
    id         TEXT NOT NULL,
    severity   TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    title      TEXT NOT NULL,
    affected   TEXT NOT NULL,
    link       TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (product, id)
) STRICT, WITHOUT ROWID;
