-- Adds a dimension.
INSERT INTO dimension (product, name) VALUES (?1, ?2);
