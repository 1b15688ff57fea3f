-- Clears away invitations that are over. A scan: there are few, and it runs when one is made.
DELETE FROM invitation WHERE expires_at <= ?1 OR used_at IS NOT NULL;
