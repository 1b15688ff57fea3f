-- Adds an advisory, or changes it. Served by the primary key.
INSERT INTO advisory (product, id, severity, title, affected, link, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (product, id) DO UPDATE SET severity = excluded.severity, title = excluded.title,
                                        affected = excluded.affected, link = excluded.link,
                                        changed_at = excluded.changed_at;
