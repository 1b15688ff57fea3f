-- The webhooks that hear of an event. A scan: there are some tens at most.
SELECT id FROM webhook WHERE events & ?1 != 0;
