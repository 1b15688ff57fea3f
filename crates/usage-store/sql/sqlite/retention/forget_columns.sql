-- The same of what is packed. A scan.
DELETE FROM column WHERE day >= ?1;
