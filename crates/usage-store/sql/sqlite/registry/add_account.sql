-- Adds an account; changes nothing where the address has one.
INSERT INTO account (email, email_key, password_hash, operator, created_at, verified_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (email_key) DO NOTHING;
