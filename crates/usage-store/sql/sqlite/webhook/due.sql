-- Of each webhook the message that is due for the longest at ?1. Served by webhook_message_waiting.
SELECT message.id, webhook.id, webhook.url, webhook.secret, message.message, message.body, message.created_at,
       message.attempts
FROM webhook JOIN webhook_message AS message ON message.id = (
    SELECT id FROM webhook_message
    WHERE webhook = webhook.id AND given_up_at IS NULL AND due_at <= ?1
    ORDER BY due_at, id LIMIT 1
);
