-- How many organizations an account belongs to. Served by the index member_account.
SELECT count(*) FROM member WHERE account = ?1;
