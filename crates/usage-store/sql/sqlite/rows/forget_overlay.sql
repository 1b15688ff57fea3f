-- They are packed, or erased. Served by the primary key.
DELETE FROM day WHERE product = ?1 AND day = ?2 AND server >= ?3 AND server < ?4;
