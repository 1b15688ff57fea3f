-- What replies tell of each product. Reads the whole table, which is small.
SELECT product, latest_version, report_interval_seconds FROM product_settings ORDER BY product;
