-- Values that may be nobody's any more. Few.
SELECT product, dimension, value FROM doubted ORDER BY product;
