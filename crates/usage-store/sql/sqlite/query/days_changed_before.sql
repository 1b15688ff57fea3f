-- The last step that changed a day before ?2 of any product that operators adopted; ?1 stands for no day. Walks
-- the days of those products by the primary key: a row for each.
SELECT max(day_state.changed)
FROM product
CROSS JOIN day_state ON day_state.product = product.id AND day_state.day > ?1 AND day_state.day < ?2
WHERE product.adopted_at IS NOT NULL;
