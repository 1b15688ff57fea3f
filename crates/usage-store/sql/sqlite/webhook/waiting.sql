-- How many messages wait for webhooks. Served by webhook_message_waiting, of each webhook by itself: some 20, with a
-- thousand messages each at the most.
SELECT coalesce(sum((
    SELECT count(*) FROM webhook_message WHERE webhook = webhook.id AND given_up_at IS NULL
)), 0) FROM webhook;
