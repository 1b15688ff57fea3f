-- The advisories of all products. Reads the whole table, which is small.
SELECT product, id, severity, title, affected, link, changed_at FROM advisory ORDER BY product, id;
