-- An account by its address without regard to case. Served by the unique index on email_key.
SELECT id, email, operator, verified_at, password_hash <> '', password_hash FROM account WHERE email_key = ?1;
