-- API keys that are not revoked. Served by a scan: there are few.
SELECT count(*) FROM api_key WHERE revoked_at IS NULL;
