-- An erasure is done: empties the ids it was about. Served by the primary key.
UPDATE erasure
SET done_at = ?2, product = '', cluster_id = '', server_id = NULL, install_key = NULL
WHERE id = ?1;
