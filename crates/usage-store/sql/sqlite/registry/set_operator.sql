-- Makes an account an operator's, or no longer one. Served by the primary key.
UPDATE account SET operator = ?2 WHERE id = ?1 AND operator <> ?2;
