-- The last id that a server was given. A few rows.
SELECT seq FROM model_file.sqlite_sequence WHERE name = 'server';
