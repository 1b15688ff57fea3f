-- Clears away sessions that are over. A scan: there are few, and it runs at sign-ins.
DELETE FROM session WHERE expires_at <= ?1;
