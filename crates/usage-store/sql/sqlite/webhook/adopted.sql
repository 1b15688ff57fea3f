-- The adopted products. A scan: there are some tens at most, and of those nobody adopted a bounded number.
SELECT id, name FROM product WHERE adopted_at IS NOT NULL;
