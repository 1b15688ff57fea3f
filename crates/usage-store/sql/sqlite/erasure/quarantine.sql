-- Refused reports of the product that name the cluster: its id as JSON writes it, ?1. A check-in
-- has its product in the body only. A scan: the quarantine is small.
DELETE FROM quarantine
WHERE (product = ?2 OR product IS NULL) AND instr(body, CAST(?1 AS BLOB)) > 0;
