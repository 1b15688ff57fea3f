-- The model has taken in everything before place ?1, and of the report there the first ?2 elements.
-- One row.
UPDATE applied SET seq = ?1, element = ?2, received_at = coalesce(?3, received_at);
