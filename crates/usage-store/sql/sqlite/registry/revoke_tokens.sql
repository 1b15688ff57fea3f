-- Revokes all valid tokens of an organization. Served by the index token_organization.
UPDATE token SET revoked_at = ?2 WHERE organization = ?1 AND revoked_at IS NULL;
