-- An organization by its name without regard to case. Served by the unique index on name_key.
SELECT id, name, self_registered FROM organization WHERE name_key = ?1;
