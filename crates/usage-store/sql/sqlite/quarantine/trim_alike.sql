-- Keeps only the newest ?4 of those alike: same product, kind and reasons but for their numbers. Served by
-- quarantine_sender.
DELETE FROM quarantine WHERE id IN (
    SELECT id FROM quarantine WHERE product IS ?1 AND kind = ?2 AND alike = ?3
    ORDER BY id DESC LIMIT -1 OFFSET ?4
);
