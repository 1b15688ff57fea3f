-- An erasure has taken a span's reports before place ?3 out of the counts. Served by the primary key.
INSERT INTO uncounted (erasure, span, until) VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET until = excluded.until;
