-- An erasure's reports have left the journal. Served by the primary key.
DELETE FROM uncounted WHERE erasure = ?1;
