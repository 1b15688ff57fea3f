-- An account. Served by the primary key.
SELECT id, email, operator, verified_at, password_hash <> '' FROM account WHERE id = ?1;
