-- The allowlists that are in force. Reads all, which operators made.
SELECT product, mode FROM allowlist WHERE mode <> 'off';
