-- Adds to the reports that an erasure has taken out. Served by the primary key.
UPDATE erasure SET reports = reports + ?2 WHERE id = ?1;
