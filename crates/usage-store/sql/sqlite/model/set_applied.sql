-- The model has taken in everything before place ?1, and of the report there the first ?2 elements;
-- the newest of all was received at ?3, if not before: what is imported may be old. One row.
UPDATE applied SET seq = ?1, element = ?2,
    received_at = max(coalesce(?3, received_at), coalesce(received_at, ?3));
