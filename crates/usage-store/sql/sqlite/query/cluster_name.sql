-- A cluster's id and its organization's name. Served by the primary keys.
SELECT cluster.cluster_id, organization.name
FROM cluster LEFT JOIN organization ON organization.id = cluster.organization
WHERE cluster.id = ?1;
