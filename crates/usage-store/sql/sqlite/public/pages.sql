-- The products whose public pages are shown. A scan: there are few.
SELECT product, shown, threshold, charts FROM public_page WHERE shown = 1 ORDER BY product;
