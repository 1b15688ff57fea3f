-- Reports of days before ?1 may leave the journal. One row.
INSERT INTO kept (id, horizon, seq, element) VALUES (1, ?1, 0, 0)
ON CONFLICT DO UPDATE SET horizon = max(horizon, excluded.horizon);
