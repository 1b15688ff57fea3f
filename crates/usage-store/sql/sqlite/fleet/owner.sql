-- Whose server it is: 0 is nobody's. Served by the primary key.
SELECT organization FROM server WHERE id = ?1;
