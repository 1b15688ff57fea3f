-- Whether an organization has an owner besides an account. Served by the primary key.
SELECT EXISTS (SELECT 1 FROM member WHERE organization = ?1 AND account <> ?2 AND role = 'owner');
