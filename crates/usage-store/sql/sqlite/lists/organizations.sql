-- Every organization. A scan of some thousand rows.
SELECT id, name FROM organization ORDER BY id;
