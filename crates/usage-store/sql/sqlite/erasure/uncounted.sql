-- Up to which place an erasure has taken a span's reports out of the counts. Served by the
-- primary key.
SELECT until FROM uncounted WHERE erasure = ?1 AND span = ?2;
