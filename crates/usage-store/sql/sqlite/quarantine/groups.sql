-- Reports refused alike, of one cluster, the group refused last first: those whose last is below id ?2, of all
-- products or of ?1, at most ?3; with the last one's reasons. Served by quarantine_sender, which has 10,000 entries
-- at most, and for each group found by the primary key.
SELECT found.product, found.kind, newest.errors, found.alike, found.cluster, found.refused, found.first, found.last,
       found.newest
FROM (
    SELECT product, kind, alike, cluster, count(*) AS refused, min(at) AS first, max(at) AS last, max(id) AS newest
    FROM quarantine WHERE ?1 IS NULL OR product = ?1
    GROUP BY product, kind, alike, cluster
    HAVING max(id) < ?2
    ORDER BY max(id) DESC LIMIT ?3
) AS found
JOIN quarantine AS newest ON newest.id = found.newest
ORDER BY found.newest DESC;
