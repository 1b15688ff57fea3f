-- Removes the device code with hash ?1. Served by the primary key.
DELETE FROM register_device WHERE hash = ?1;
