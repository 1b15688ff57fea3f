-- Uses the one-time code with hash ?1 up; what it is good for. Served by the primary key.
DELETE FROM register_code WHERE hash = ?1
RETURNING product, cluster, challenge, organization, account, replaces, expires_at;
