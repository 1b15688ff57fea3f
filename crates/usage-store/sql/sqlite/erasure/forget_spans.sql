-- The spans before ?2 have no reports of an organization any more. Served by the primary key.
DELETE FROM organization_span WHERE organization = ?1 AND span < ?2;
