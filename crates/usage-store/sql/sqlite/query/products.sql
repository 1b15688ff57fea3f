-- Every product, with what day ?1 counted and its newest report. Served by the primary
-- keys; the newest report is the last row of the product's days.
SELECT product.id, product.name, product.adopted_at IS NOT NULL,
       (SELECT sum(reports) FROM day_reports WHERE day_reports.product = product.id AND day = ?1),
       (SELECT last_received_at FROM day_reports WHERE day_reports.product = product.id
        ORDER BY last_seq DESC LIMIT 1)
FROM product
WHERE ?2 IS NULL OR product.id = ?2;
