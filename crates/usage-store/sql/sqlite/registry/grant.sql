-- What the token with hash ?1 allows. Served by the unique index on hash.
SELECT id, organization, product, cluster, may_forget, prefix FROM token
WHERE hash = ?1 AND revoked_at IS NULL;
