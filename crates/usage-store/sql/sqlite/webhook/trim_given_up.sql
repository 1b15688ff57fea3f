-- Keeps only the newest ?2 messages to a webhook that were given up, and none from before ?3. Served by
-- webhook_message_waiting.
DELETE FROM webhook_message WHERE webhook = ?1 AND given_up_at IS NOT NULL AND (given_up_at < ?3 OR id IN (
    SELECT id FROM webhook_message WHERE webhook = ?1 AND given_up_at IS NOT NULL
    ORDER BY given_up_at DESC, id DESC LIMIT -1 OFFSET ?2
));
