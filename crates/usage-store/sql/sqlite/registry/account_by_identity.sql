-- The account of an identity. Served by both primary keys.
SELECT account.id, account.email, account.operator, account.verified_at, account.password_hash <> ''
FROM identity JOIN account ON account.id = identity.account
WHERE identity.issuer = ?1 AND identity.subject = ?2;
