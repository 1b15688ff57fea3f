-- A token of an organization. Served by the primary key.
SELECT prefix, revoked_at FROM token WHERE id = ?2 AND organization = ?1;
