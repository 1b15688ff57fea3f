-- Ends all resets of account ?1, and clears away what is over at ?2. A scan: there are few.
DELETE FROM password_reset WHERE account = ?1 OR expires_at <= ?2;
