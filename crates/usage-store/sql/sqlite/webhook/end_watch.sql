-- With the last webhook it ends.
DELETE FROM webhook_watch WHERE NOT EXISTS (SELECT 1 FROM webhook);
