-- A product's public page. Served by the primary key.
SELECT shown, threshold, charts FROM public_page WHERE product = ?1;
