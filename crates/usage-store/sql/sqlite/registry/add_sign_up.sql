-- Adds a sign-up that waits.
INSERT INTO sign_up (hash, email, next, invitation, expires_at) VALUES (?1, ?2, ?3, ?4, ?5);
