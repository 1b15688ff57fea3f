-- Every listed product or the one with id ?1, adopted ones first. A scan of some thousand rows at most, or the
-- primary key.
SELECT id, name, adopted_at IS NOT NULL FROM product WHERE ?1 IS NULL OR id = ?1
ORDER BY adopted_at IS NULL, name;
