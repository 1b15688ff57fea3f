-- The last span up to ?2 that has reports of an organization. Served by the primary key.
SELECT max(span) FROM organization_span WHERE organization = ?1 AND span <= ?2;
