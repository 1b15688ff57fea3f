-- Keeps what an operator noted about a thing. Served by the primary key.
INSERT INTO dictionary_note (product, kind, name, description, unit, owner, sensitivity)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET description = excluded.description, unit = excluded.unit,
    owner = excluded.owner, sensitivity = excluded.sensitivity;
