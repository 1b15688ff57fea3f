-- What operators noted about one thing that a product reports. Served by the primary key.
SELECT description, unit, owner, sensitivity FROM dictionary_note WHERE product = ?1 AND kind = ?2 AND name = ?3;
