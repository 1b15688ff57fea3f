-- How many messages wait for a webhook. Served by webhook_message_waiting.
SELECT count(*) FROM webhook_message WHERE webhook = ?1 AND given_up_at IS NULL;
