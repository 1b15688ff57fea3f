-- Notes up to where it is decided. Served by the primary key.
UPDATE webhook_watch SET clusters = ?1, organizations = ?2, refused = ?3, refused_since = ?4, refused_told = ?5,
       silent_to = ?6, looked_at = ?7, hold_until = ?8
WHERE id = 1;
