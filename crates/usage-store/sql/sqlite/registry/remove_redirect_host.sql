-- No longer lets a product send tokens to a host. Served by the primary key.
DELETE FROM redirect_host WHERE product = ?1 AND host = ?2;
