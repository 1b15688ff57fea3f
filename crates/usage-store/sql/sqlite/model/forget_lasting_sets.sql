-- Empties the sets that are of no day. A scan, once after an upgrade.
DELETE FROM cell WHERE day = -2147483648;
