-- Adds the name of a number.
INSERT INTO number_key (product, name, first_day, kinds) VALUES (?1, ?2, ?3, ?4);
