-- How many valid tokens an organization has. Served by the index token_organization.
SELECT count(*) FROM token WHERE organization = ?1 AND revoked_at IS NULL;
