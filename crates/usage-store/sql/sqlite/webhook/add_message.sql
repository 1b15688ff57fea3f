-- A message waits for a webhook, due at once.
INSERT INTO webhook_message (webhook, message, event, body, created_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5);
