-- Links an identity to an account; changes nothing where it is linked. Served by the primary key.
INSERT INTO identity (issuer, subject, account, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
