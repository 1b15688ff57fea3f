-- The version of all allowlists and of what replies tell, asked by each commit. Served by the primary key.
SELECT version FROM allowlist_version WHERE id = 1;
