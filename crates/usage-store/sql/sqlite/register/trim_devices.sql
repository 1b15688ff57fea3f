-- Removes the device codes that are over at ?1. Served by the index on expires_at.
DELETE FROM register_device WHERE expires_at <= ?1;
