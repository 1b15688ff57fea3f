-- A follower of the journal has taken in everything before place ?2, and of the report there the
-- first ?3 elements. Served by the primary key.
UPDATE mark SET seq = ?2, element = ?3, received_at = coalesce(?4, received_at) WHERE follower = ?1;
