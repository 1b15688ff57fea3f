-- Names of any product may be nobody's any more. Some rows a product.
INSERT OR IGNORE INTO doubted (product, dimension, value)
SELECT product, 0, 0 FROM dimension UNION SELECT product, 0, 0 FROM number_key;
