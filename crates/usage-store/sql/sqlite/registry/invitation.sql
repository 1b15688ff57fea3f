-- The invitation with hash ?1, if it is valid at ?2. Served by the unique index on hash.
SELECT id, organization, role, operator, made_by, created_at, expires_at FROM invitation
WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2;
