-- Reports refused alike, of one cluster, the group refused last first: those whose last is below id ?2, of all
-- products or of ?1, at most ?3. Served by quarantine_sender alone: the quarantine has 10,000 rows at most.
SELECT product, kind, errors, cluster, count(*), min(at), max(at), max(id) FROM quarantine
WHERE ?1 IS NULL OR product = ?1
GROUP BY product, kind, errors, cluster
HAVING max(id) < ?2
ORDER BY max(id) DESC LIMIT ?3;
