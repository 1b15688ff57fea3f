-- Invitations into an organization that are valid at ?2, the newest first. Served by the index
-- invitation_organization.
SELECT id, organization, role, operator, made_by, created_at, expires_at FROM invitation
WHERE organization = ?1 AND used_at IS NULL AND expires_at > ?2 ORDER BY id DESC;
