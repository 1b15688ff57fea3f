-- Refused reports that name the cluster. A scan: the quarantine is small.
DELETE FROM quarantine WHERE instr(body, CAST(?1 AS BLOB)) > 0;
