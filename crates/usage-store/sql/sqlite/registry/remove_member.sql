-- Takes an account out of an organization. Served by the primary key.
DELETE FROM member WHERE organization = ?1 AND account = ?2;
