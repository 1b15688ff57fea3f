-- How many refused reports are kept: 10,000 at most. Served by quarantine_sender.
SELECT count(*) FROM quarantine;
