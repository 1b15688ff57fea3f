-- Writes what is derived about a server. Served by the primary key.
UPDATE server
SET first_seen = ?2, last_seen = ?3, host = ?4, host_at = ?5, version = ?6, version_at = ?7,
    usage = ?8, usage_at = ?9, spans = ?10,
    reports = ?11, starts = ?12, prev_host = ?13, host_returns = ?14, backwards = ?15
WHERE id = ?1;
