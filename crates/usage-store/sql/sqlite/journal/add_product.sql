-- Adds a product that nobody has adopted yet.
INSERT INTO product (name) VALUES (?1);
