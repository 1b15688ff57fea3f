-- The chunks of ?3 servers that have rows of a day, packed or not. Served by the primary keys.
SELECT chunk FROM day_chunk WHERE product = ?1 AND day = ?2
UNION SELECT server / ?3 FROM day WHERE product = ?1 AND day = ?2;
