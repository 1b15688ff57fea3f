-- Reports of days before the horizon are counted up to place ?1, and element ?2 there; servers' counters have
-- what is before place ?3, and element ?4 there. One row.
UPDATE kept SET seq = ?1, element = ?2, known_seq = ?3, known_element = ?4;
