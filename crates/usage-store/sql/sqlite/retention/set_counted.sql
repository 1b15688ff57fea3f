-- Reports of days before the horizon are counted up to place ?1, and element ?2 there. One row.
UPDATE kept SET seq = ?1, element = ?2;
