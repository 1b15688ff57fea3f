-- Notes that a name was removed. Served by the primary key.
INSERT INTO not_allowed (product, kind, name, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
