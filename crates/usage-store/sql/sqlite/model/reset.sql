-- Empties what is derived, for a rebuild. Identities (servers, products, dimensions and
-- their values) are permanent and stay.
DELETE FROM day;
DELETE FROM cell;
DELETE FROM day_reports;
UPDATE server
SET first_seen = NULL, last_seen = NULL, host = NULL, host_at = NULL, version = NULL,
    version_at = NULL, usage = NULL, usage_at = NULL, spans = NULL;
DELETE FROM uncounted;
DELETE FROM organization_span;
UPDATE applied SET seq = 0, element = 0, received_at = NULL, spans_from = 0;
