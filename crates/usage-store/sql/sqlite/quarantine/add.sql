-- Keeps a refused report.
INSERT INTO quarantine (at, kind, product, errors, body, body_bytes, cluster, alike)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
