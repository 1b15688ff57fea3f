-- With the first webhook it begins that somebody hears of anything.
INSERT INTO webhook_watch (id, clusters, organizations, refused, refused_since, refused_told, silent_to, looked_at, hold_until)
VALUES (1, ?1, ?2, ?3, ?4, 0, ?4, ?4, ?4)
ON CONFLICT (id) DO NOTHING;
