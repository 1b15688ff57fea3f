-- A product's advisories. Served by the primary key.
SELECT product, id, severity, title, affected, link, changed_at FROM advisory WHERE product = ?1 ORDER BY id;
