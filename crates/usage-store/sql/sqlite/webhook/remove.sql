-- Removes a webhook; its name. Served by the primary key.
DELETE FROM webhook WHERE id = ?1 RETURNING name;
