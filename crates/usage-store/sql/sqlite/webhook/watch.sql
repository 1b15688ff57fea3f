-- Up to where it is decided. Served by the primary key.
SELECT clusters, organizations, refused, refused_since, refused_told, silent_to, looked_at, hold_until
FROM webhook_watch WHERE id = 1;
