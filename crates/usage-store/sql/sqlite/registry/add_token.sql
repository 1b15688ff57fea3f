-- Adds a token.
INSERT INTO token (organization, hash, prefix, product, cluster, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);
