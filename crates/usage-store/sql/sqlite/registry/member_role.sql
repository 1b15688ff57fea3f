-- What an account is in an organization. Served by the primary key.
SELECT role FROM member WHERE organization = ?1 AND account = ?2;
