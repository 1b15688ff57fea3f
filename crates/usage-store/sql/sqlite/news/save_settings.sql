-- Says what replies tell of a product. Served by the primary key.
INSERT INTO product_settings (product, latest_version, report_interval_seconds) VALUES (?1, ?2, ?3)
ON CONFLICT (product) DO UPDATE SET latest_version = excluded.latest_version,
                                    report_interval_seconds = excluded.report_interval_seconds;
