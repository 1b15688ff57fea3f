-- The version of all allowlists, asked by each commit. Served by the primary key.
SELECT version FROM allowlist_version WHERE id = 1;
