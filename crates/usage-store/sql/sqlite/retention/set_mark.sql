-- Sets such a mark. Served by the primary key.
INSERT INTO mark (follower, seq, element) VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET seq = excluded.seq, element = excluded.element;
