-- The session with hash ?1, if it is valid at ?2. Served by both primary keys.
SELECT account.id, account.email, account.operator, session.expires_at
FROM session JOIN account ON account.id = session.account
WHERE session.hash = ?1 AND session.expires_at > ?2;
