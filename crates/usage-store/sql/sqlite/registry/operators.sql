-- All operators, the oldest first. A scan of the accounts: rarely asked.
SELECT id, email, operator, verified_at, password_hash <> '' FROM account WHERE operator = 1 ORDER BY id;
