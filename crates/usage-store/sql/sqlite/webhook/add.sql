-- Adds a webhook.
INSERT INTO webhook (name, url, secret, events, made_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
