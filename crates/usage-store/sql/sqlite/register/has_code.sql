-- Whether there is a one-time code with hash ?1. Served by the primary key.
SELECT EXISTS (SELECT 1 FROM register_code WHERE hash = ?1);
