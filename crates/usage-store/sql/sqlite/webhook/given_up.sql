-- What was given up, the newest ?1 first. A scan of what waits and what was given up: both are bounded.
SELECT message.id, webhook.name, message.event, message.body, message.created_at, message.given_up_at,
       message.attempts, message.last_error
FROM webhook_message AS message JOIN webhook ON webhook.id = message.webhook
WHERE message.given_up_at IS NOT NULL ORDER BY message.given_up_at DESC, message.id DESC LIMIT ?1;
