-- A page of a run.
INSERT INTO key_page (id, keys) VALUES (?1, ?2);
