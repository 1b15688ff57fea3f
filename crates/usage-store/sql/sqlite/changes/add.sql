-- Notes that the present step changed servers. Parts of a step are counted by the primary key.
INSERT INTO server_change (step, part, total, servers)
SELECT step, (SELECT count(*) FROM server_change WHERE server_change.step = applied.step), ?1, ?2 FROM applied;
