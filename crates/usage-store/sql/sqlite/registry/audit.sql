-- What was done before entry ?1, the newest first. Served by the primary key.
SELECT id, at, actor, action, subject FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2;
