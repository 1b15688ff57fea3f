-- Each product with an allowlist, in force or not. Served by the primary keys.
SELECT product,
       coalesce((SELECT mode FROM allowlist WHERE allowlist.product = one.product), 'off'),
       (SELECT count(*) FROM allowed WHERE allowed.product = one.product),
       (SELECT count(*) FROM not_allowed WHERE not_allowed.product = one.product)
FROM (SELECT product FROM allowlist UNION SELECT product FROM allowed) AS one
ORDER BY product;
