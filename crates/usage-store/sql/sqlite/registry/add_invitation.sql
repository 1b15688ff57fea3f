-- Adds an invitation.
INSERT INTO invitation (hash, organization, role, operator, made_by, created_at, expires_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
