-- Every webhook, by name, with how many messages wait and how many were given up. Served by
-- webhook_message_waiting.
SELECT id, name, url, events, made_by, created_at, delivered, delivered_at, failed_at, last_error, dropped,
       (SELECT count(*) FROM webhook_message WHERE webhook = webhook.id AND given_up_at IS NULL),
       (SELECT count(*) FROM webhook_message WHERE webhook = webhook.id AND given_up_at IS NOT NULL)
FROM webhook ORDER BY name;
