-- The model is derived by these rules from here on. One row.
UPDATE applied SET rules = ?1;
