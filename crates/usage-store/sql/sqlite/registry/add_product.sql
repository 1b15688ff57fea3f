-- Lists a product that an operator adopts before its first report.
INSERT INTO product (name, adopted_at) VALUES (?1, ?2);
