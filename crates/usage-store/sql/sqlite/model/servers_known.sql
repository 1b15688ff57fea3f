-- All servers that are known, with what their sets follow from. A scan, once after an upgrade.
SELECT id, product, first_seen, spans FROM server WHERE last_seen IS NOT NULL;
