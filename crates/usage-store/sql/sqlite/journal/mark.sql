-- How far a follower of the journal is. Served by the primary key.
SELECT seq, element, received_at FROM mark WHERE follower = ?1;
