-- The hosts that a product may send tokens to. Served by the primary key.
SELECT host FROM redirect_host WHERE product = ?1 ORDER BY host;
