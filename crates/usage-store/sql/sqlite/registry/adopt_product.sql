-- An operator adopts a product; answers its name. Served by the primary key.
UPDATE product SET adopted_at = ?2 WHERE id = ?1 AND adopted_at IS NULL RETURNING name;
