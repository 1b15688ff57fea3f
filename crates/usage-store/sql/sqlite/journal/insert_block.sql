-- Adds a block of reports at the end of the journal, or a re-packed one in its place.
INSERT INTO journal (seq, next, packed) VALUES (?1, ?2, ?3);
