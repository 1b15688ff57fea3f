-- Adds a token.
INSERT INTO token (organization, hash, prefix, product, cluster, created_at, may_forget, name)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
