-- The session with hash ?1, if it is valid at ?2. Served by the unique index on hash and the primary key.
SELECT account.id, account.email, account.operator, account.verified_at, account.password_hash <> '',
       session.id, session.expires_at, session.seen_at
FROM session JOIN account ON account.id = session.account
WHERE session.hash = ?1 AND session.expires_at > ?2;
