-- Schema 12: of what was published how many customers it is of, so that a threshold that is raised later hides what is
-- of too few. None of it is told. A customer is an organization or, without a token, a cluster; they are counted up to
-- the largest threshold there can be. NULL: published before.
ALTER TABLE public_week ADD COLUMN threshold INTEGER;
ALTER TABLE public_week ADD COLUMN customers INTEGER;
ALTER TABLE public_part ADD COLUMN customers INTEGER;
