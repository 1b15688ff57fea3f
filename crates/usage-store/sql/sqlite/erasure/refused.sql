-- What is in the quarantine, and of which product. A scan: the quarantine is small.
SELECT id, product, body FROM quarantine;
