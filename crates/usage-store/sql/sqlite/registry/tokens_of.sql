-- The tokens of an organization, the newest first. Served by the index token_organization and the
-- primary key of token_use.
SELECT token.id, token.name, token.prefix, token.product, token.cluster, token.may_forget,
       token.created_at, token_use.used_at, token.revoked_at
FROM token LEFT JOIN token_use ON token_use.token = token.id
WHERE token.organization = ?1 ORDER BY token.id DESC;
