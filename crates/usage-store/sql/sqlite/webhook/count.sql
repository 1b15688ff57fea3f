-- How many webhooks there are: some tens at most.
SELECT count(*) FROM webhook;
