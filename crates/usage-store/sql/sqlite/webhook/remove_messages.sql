-- Removes what waits for a webhook, and what was given up. Served by webhook_message_waiting.
DELETE FROM webhook_message WHERE webhook = ?1;
