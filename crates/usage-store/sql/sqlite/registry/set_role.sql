-- Changes what an account is in an organization. Served by the primary key.
UPDATE member SET role = ?3 WHERE organization = ?1 AND account = ?2;
