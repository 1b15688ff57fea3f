-- All cells of a product's day. Served by the primary key.
SELECT dimension, value, servers FROM cell WHERE product = ?1 AND day = ?2;
