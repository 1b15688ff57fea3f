-- An erasure is done, unless it has grown meanwhile: empties the ids it was about. Served by the
-- primary key.
UPDATE erasure
SET done_at = ?2, product = '', cluster_id = '', server_id = NULL, install_key = NULL
WHERE id = ?1 AND until = ?3 AND done_at IS NULL;
