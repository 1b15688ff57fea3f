-- A product's servers whose cluster's id begins with ?2; ?3 is behind all that do. Served by the unique
-- index on product and ids alone.
SELECT id FROM server WHERE product = ?1 AND cluster_id >= ?2 AND cluster_id < ?3;
