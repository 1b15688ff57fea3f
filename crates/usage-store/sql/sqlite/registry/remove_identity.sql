-- Takes an identity from its account. Served by the primary key.
DELETE FROM identity WHERE issuer = ?2 AND subject = ?3 AND account = ?1;
