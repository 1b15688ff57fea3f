-- How many belong to an organization. Served by the primary key.
SELECT count(*) FROM member WHERE organization = ?1;
