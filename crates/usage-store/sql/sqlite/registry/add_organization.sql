-- Adds an organization.
INSERT INTO organization (name, name_key, created_at, self_registered) VALUES (?1, ?2, ?3, ?4);
