-- Adds an account to an organization; changes nothing where it belongs there. Served by the primary key.
INSERT INTO member (organization, account, role, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
