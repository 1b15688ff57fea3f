-- Ends all sessions of an account but ?2; 0 is none. Served by the index session_account.
DELETE FROM session WHERE account = ?1 AND id <> ?2;
