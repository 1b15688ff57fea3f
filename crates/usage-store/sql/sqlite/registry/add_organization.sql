-- Adds an organization.
INSERT INTO organization (name, name_key, created_at) VALUES (?1, ?2, ?3);
