-- Schema 2 of model.db: what organizations are shown of their own, without a look at others'.

-- The servers of an organization, by product and cluster. Nothing in it changes once a server is known,
-- so what follows from reports doesn't touch it.
CREATE INDEX server_organization ON server (organization, product, cluster_id) WHERE organization > 0;

-- The spans of the journal that have reports of an organization, those that name no server too.
CREATE TABLE organization_span (
    organization INTEGER NOT NULL,
    span         INTEGER NOT NULL,
    PRIMARY KEY (organization, span)
) STRICT, WITHOUT ROWID;

-- Reports before this place were taken in without it: there any span may have some. 0 after a rebuild.
ALTER TABLE applied ADD COLUMN spans_from INTEGER NOT NULL DEFAULT 0;
UPDATE applied SET spans_from = seq;
