-- The identities of an account, the oldest first. Served by the index identity_account.
SELECT issuer, subject, since FROM identity WHERE account = ?1 ORDER BY since;
