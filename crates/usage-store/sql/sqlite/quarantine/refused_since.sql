-- How many reports of each product were refused since ?1 and are still kept. A scan of quarantine_sender: it has
-- 10,000 entries at most.
SELECT product, count(*) FROM quarantine WHERE at >= ?1 GROUP BY product;
