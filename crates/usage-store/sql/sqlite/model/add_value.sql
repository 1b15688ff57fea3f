-- Adds a dimension's value.
INSERT INTO dimension_value (dimension, value) VALUES (?1, ?2);
