-- What is on all allowlists. Reads all, only when one has changed.
SELECT product, kind, name FROM allowed;
