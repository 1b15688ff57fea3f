-- Writes down who did what.
INSERT INTO audit (at, actor, action, subject, organization) VALUES (?1, ?2, ?3, ?4, ?5);
