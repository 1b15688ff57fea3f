-- The first span from ?2 on that has reports of an organization. Served by the primary key.
SELECT min(span) FROM organization_span WHERE organization = ?1 AND span >= ?2;
