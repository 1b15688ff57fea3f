-- How many products nobody has adopted yet. A scan of the products, when a new name appears.
SELECT count(*) FROM product WHERE adopted_at IS NULL;
