-- Adds a dimension.
INSERT INTO dimension (product, name, first_day) VALUES (?1, ?2, ?3);
