-- The same about organization ?3. Served by the index audit_organization.
SELECT id, at, actor, action, subject FROM audit WHERE organization = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2;
