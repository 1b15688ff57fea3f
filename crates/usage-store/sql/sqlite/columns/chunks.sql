-- The chunks of ?3 servers each of which there are numbers on a day, packed or not. Served by the primary keys.
SELECT chunk FROM column WHERE product = ?1 AND day = ?2
UNION SELECT server / ?3 FROM day_numbers WHERE product = ?1 AND day = ?2;
