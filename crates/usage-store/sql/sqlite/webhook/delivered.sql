-- A message has arrived. Served by the primary key.
DELETE FROM webhook_message WHERE id = ?1 RETURNING webhook;
