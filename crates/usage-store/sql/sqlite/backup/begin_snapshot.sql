-- Reads something of both files, so that a transaction sees them as they are now until its end. No
-- table of ours: that the data is damaged is told by the check of the copy.
SELECT (SELECT count(*) FROM main.sqlite_schema), (SELECT count(*) FROM model_file.sqlite_schema);
