-- The read model is to be applied anew from what the journal still has; steps of erasures with it.
DELETE FROM uncounted;
UPDATE applied SET seq = 0, element = 0, received_at = NULL;
