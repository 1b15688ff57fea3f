-- The dimensions of a day that are folded. Served by the primary key.
SELECT dimension FROM fold WHERE product = ?1 AND day = ?2;
