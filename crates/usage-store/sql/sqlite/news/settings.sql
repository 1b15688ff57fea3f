-- What replies tell of a product. Served by the primary key.
SELECT latest_version, report_interval_seconds FROM product_settings WHERE product = ?1;
