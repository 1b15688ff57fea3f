-- How many servers all rows named so far. The primary key's last row.
SELECT total FROM server_change ORDER BY step DESC, part DESC LIMIT 1;
