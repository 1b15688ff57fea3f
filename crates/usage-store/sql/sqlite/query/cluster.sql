-- A cluster's id and its organization; 0 is none. Served by the primary key.
SELECT cluster_id, organization FROM cluster WHERE id = ?1;
