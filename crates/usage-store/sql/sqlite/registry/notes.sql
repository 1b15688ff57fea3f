-- What operators noted about what a product reports. Served by the primary key.
SELECT kind, name, description, unit, owner, sensitivity FROM dictionary_note WHERE product = ?1;
