-- A follower of the journal has taken in everything before place ?2. Served by the primary key.
UPDATE mark SET seq = ?2, received_at = coalesce(?3, received_at) WHERE follower = ?1;
