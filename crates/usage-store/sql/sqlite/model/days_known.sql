-- Who posted usage on each day. A scan in the order of the primary key, once after an upgrade.
SELECT product, day, server FROM day ORDER BY product, day, server;
