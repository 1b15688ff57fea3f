-- How many rows of which chunk of ?1 servers of which day wait to be packed. A scan of few rows.
SELECT product, day, server / ?1 AS chunk, count(*) FROM day_numbers GROUP BY product, day, chunk
ORDER BY product, day, chunk;
