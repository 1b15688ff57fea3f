-- Adds a password reset.
INSERT INTO password_reset (hash, account, expires_at) VALUES (?1, ?2, ?3);
