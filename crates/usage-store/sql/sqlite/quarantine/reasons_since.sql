-- What was refused after id ?1 and is still kept, by product, kind and reason: the ?2 most frequent. Served by
-- the primary key.
SELECT product, kind, errors, count(*) FROM quarantine WHERE id > ?1
GROUP BY product, kind, errors ORDER BY count(*) DESC, max(id) DESC LIMIT ?2;
