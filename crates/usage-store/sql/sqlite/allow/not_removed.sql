-- Forgets that a name was removed, as it is allowed now. Served by the primary key.
DELETE FROM not_allowed WHERE product = ?1 AND (?3 = '*' OR name = ?3) AND kind = ?2;
