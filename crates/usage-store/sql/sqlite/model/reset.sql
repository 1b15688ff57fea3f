-- Empties what is derived, for a rebuild. Identities (servers, clusters, products, dimensions and
-- their values, keys of numbers) are permanent and stay.
DELETE FROM day;
DELETE FROM day_chunk;
DELETE FROM day_numbers;
DELETE FROM column;
DELETE FROM stat_day;
DELETE FROM fold;
DELETE FROM cell;
DELETE FROM day_reports;
-- "OR ROLLBACK": else all of the table's pages would be kept in memory, to be able to undo this statement alone.
UPDATE OR ROLLBACK server
SET first_seen = NULL, last_seen = NULL, host = NULL, host_at = NULL, version = NULL,
    version_at = NULL, usage = NULL, usage_at = NULL, spans = NULL,
    reports = 0, starts = 0, prev_host = NULL, host_returns = 0, backwards = 0;
DELETE FROM uncounted;
DELETE FROM organization_span;
DELETE FROM server_change;
UPDATE dimension SET seen = 0;
UPDATE number_key SET seen = 0;
UPDATE day_state SET changed = (SELECT step FROM applied), folded = 0, has_rows = 1;
UPDATE tiers SET days = -2147483647, cells = -2147483647;
UPDATE applied SET emptied_at = max(emptied_at, seq), seq = 0, element = 0, received_at = NULL, spans_from = 0,
    changes_from = step;
