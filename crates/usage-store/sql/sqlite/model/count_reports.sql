-- Counts reports to a product's day. Served by the primary key.
INSERT INTO day_reports (product, day, kind, reports, last_seq, last_received_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO UPDATE SET reports = reports + excluded.reports,
                          last_seq = excluded.last_seq,
                          last_received_at = excluded.last_received_at;
