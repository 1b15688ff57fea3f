-- A mark that is there only once retention has taken something out. Served by the primary key.
SELECT seq, element FROM mark WHERE follower = ?1;
