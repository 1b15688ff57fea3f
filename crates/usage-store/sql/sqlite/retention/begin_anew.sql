-- The read model is to be applied anew from what the journal still has; steps of erasures with it.
DELETE FROM uncounted;
DELETE FROM organization_span;
UPDATE day_state SET changed = (SELECT step FROM applied);
UPDATE applied SET emptied_at = max(emptied_at, seq), seq = 0, element = 0, received_at = NULL, spans_from = 0;
