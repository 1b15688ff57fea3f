-- A product's servers whose own id begins with ?2; ?3 is behind all that do. Served by server_server_id alone.
SELECT id FROM server WHERE product = ?1 AND server_id >= ?2 AND server_id < ?3;
