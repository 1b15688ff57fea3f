-- Invitations of operators, to be one or to sign up, that are valid at ?1, the newest first. Served by the
-- index invitation_organization.
SELECT id, organization, role, operator, made_by, created_at, expires_at FROM invitation
WHERE organization IS NULL AND used_at IS NULL AND expires_at > ?1 ORDER BY id DESC;
