-- Schema 6 of model.db: who each server belongs to, without the rest of it: read whole by the first question
-- of a program. Nothing in it changes once a server is known.
CREATE INDEX server_census ON server (id, cluster, organization);
