-- Nobody belongs to an organization any more. Served by the primary key.
DELETE FROM member WHERE organization = ?1;
