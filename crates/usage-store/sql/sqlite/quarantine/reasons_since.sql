-- What was refused after id ?1 and is still kept, by product, kind and reasons but for their numbers, with the
-- last one's reasons: the ?2 most frequent. Served by the primary key.
SELECT product, kind, errors, count(*), max(id) FROM quarantine WHERE id > ?1
GROUP BY product, kind, alike ORDER BY count(*) DESC, max(id) DESC LIMIT ?2;
