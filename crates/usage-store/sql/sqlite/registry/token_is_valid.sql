-- Whether token ?1 is still valid. Served by the primary key.
SELECT count(*) FROM token WHERE id = ?1 AND revoked_at IS NULL;
