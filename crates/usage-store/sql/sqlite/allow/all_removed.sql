-- The names that all allowlists removed. Reads all, only when one has changed.
SELECT product, kind, name FROM not_allowed;
