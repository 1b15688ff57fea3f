-- All events that some webhook hears of. A scan: there are some tens at most.
SELECT events FROM webhook;
