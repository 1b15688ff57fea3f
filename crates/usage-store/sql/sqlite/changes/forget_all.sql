-- Any server may have changed. All rows go.
DELETE FROM server_change;
UPDATE applied SET changes_from = step;
