-- The valid sessions of an account, the one seen last first. Served by the index session_account.
SELECT id, browser, created_at, seen_at FROM session
WHERE account = ?1 AND expires_at > ?2 ORDER BY seen_at DESC, id DESC;
