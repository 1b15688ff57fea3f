-- Gives a server its permanent id.
INSERT INTO server (product, cluster_id, server_id, organization, cluster) VALUES (?1, ?2, ?3, ?4, ?5);
