-- Whose password may be set with the reset of hash ?1 at ?2. Served by both primary keys.
SELECT account.id, account.email, account.operator, account.verified_at, account.password_hash <> ''
FROM password_reset JOIN account ON account.id = password_reset.account
WHERE password_reset.hash = ?1 AND password_reset.expires_at > ?2;
