-- The id of an erasure. Served by the unique index on code.
SELECT id FROM erasure WHERE code = ?1;
