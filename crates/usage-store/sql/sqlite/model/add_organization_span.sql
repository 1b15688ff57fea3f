-- A span has reports of an organization. Served by the primary key.
INSERT INTO organization_span (organization, span) VALUES (?1, ?2) ON CONFLICT DO NOTHING;
