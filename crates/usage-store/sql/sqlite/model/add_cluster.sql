-- Gives a cluster its permanent id.
INSERT INTO cluster (product, cluster_id, organization) VALUES (?1, ?2, ?3);
