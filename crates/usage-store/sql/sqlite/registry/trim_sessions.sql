-- Ends all but the newest ?2 sessions of an account. Served by the index session_account.
DELETE FROM session WHERE account = ?1
  AND id NOT IN (SELECT id FROM session WHERE account = ?1 ORDER BY id DESC LIMIT ?2);
